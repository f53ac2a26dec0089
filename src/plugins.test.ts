import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');
const text = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');
const json = (file: string) => JSON.parse(text(file));

const app = json('src/plugin.json');
const nested = ['datasource/plugin.json', 'panels/heatmap/plugin.json'];

test('plugin.json on top is a copy of src/plugin.json', () => {
  expect(text('plugin.json')).toBe(text('src/plugin.json'));
  expect(fs.lstatSync(path.join(root, 'plugin.json')).isFile()).toBe(true);
});

test('the app lists every nested plugin, with its path and type', () => {
  const found = (fs.readdirSync(path.join(root, 'src'), { recursive: true }) as string[]).filter((f) =>
    f.endsWith('/plugin.json')
  );
  expect(found.sort()).toEqual(nested);
  const listed = app.includes.filter((i: { type: string }) => i.type !== 'page');
  expect(listed.map((i: { path: string }) => i.path).sort()).toEqual(nested);
  for (const { path: file, type, name } of listed) {
    expect(json(`src/${file}`)).toMatchObject({ type, name });
  }
});

test('all want the same Grafana and have a logo', () => {
  for (const file of ['plugin.json', ...nested]) {
    const plugin = json(`src/${file}`);
    expect(plugin.dependencies.grafanaDependency).toBe('>=12.4.0');
    expect(fs.existsSync(path.join(root, 'src', plugin.info.logos.small))).toBe(true);
  }
  expect(json('src/datasource/plugin.json')).toMatchObject({
    id: 'numalens-datasource',
    backend: true,
    alerting: true,
    executable: 'gpx_numalens',
  });
});

test('versions are exact', () => {
  for (const file of ['package.json', 'tests/grafana12/package.json']) {
    const { dependencies, devDependencies = {} } = json(file);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
    }
  }
});
