import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import fs from 'node:fs';
import path from 'node:path';

// Grafana publishes the schema of plugin.json in its repository, at
// docs/sources/developers/plugins/plugin.schema.json, and in no package.
// PLUGIN_SCHEMA names a copy of it.
const schema = process.env.PLUGIN_SCHEMA;
const manifests = ['plugin.json', 'datasource/plugin.json', 'panels/heatmap/plugin.json'];

(schema ? test : test.skip).each(manifests)(
  '[schema] %s holds against Grafana’s schema, where PLUGIN_SCHEMA names it',
  (file) => {
    const read = (...parts: string[]) => JSON.parse(fs.readFileSync(path.resolve(...parts), 'utf8'));
    // The schema is written for ECMAScript's older regular expressions, and with
    // keywords of its own.
    const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats(ajv);
    const holds = ajv.compile(read(schema ?? ''));
    holds(read(__dirname, file));
    expect(holds.errors).toBeNull();
  }
);
