import { CreateDataSourceArgs, test as base } from '@grafana/plugin-e2e';
import { APIRequestContext } from '@playwright/test';
import { EXAMPLE } from './example';

// The run of testdata/exports/traced: 24 s, four nodes; in its middle the CPUs
// of node 2 get their pages from other nodes. It is not provisioned, so that
// the alert rules of an installation never see it.
export const TRACED_START = Date.UTC(2026, 10, 24, 6, 50, 40);
export const TRACED_END = TRACED_START + 24_000;

const UID = 'numalens-e2e-traced';

/** The directory of that run as the Grafana server sees it: beside the example's, unless TRACED_EXPORTS says where. */
async function directory(request: APIRequestContext): Promise<string> {
  const example = await (await request.get(`/api/datasources/uid/${EXAMPLE}`)).json();
  return process.env.TRACED_EXPORTS ?? example.jsonData.directory.replace(/[^/]+\/?$/, 'traced');
}

/** The uid of a data source on the traced run. */
export const test = base.extend<{ traced: string }>({
  traced: async ({ request }, use) => {
    const source: CreateDataSourceArgs & { uid: string; access: string; jsonData: object } = {
      type: 'numalens-datasource',
      name: 'numalens e2e: traced',
      uid: UID,
      access: 'proxy',
      jsonData: { directory: await directory(request) },
    };
    await request.delete(`/api/datasources/uid/${UID}`);
    const made = await request.post('/api/datasources', { data: source });
    test.skip(!made.ok(), `[grafana] a data source cannot be made: ${made.status()} ${await made.text()}`);
    const hosts = await request.get(`/api/datasources/uid/${UID}/resources/hosts`);
    test.skip(
      !hosts.ok() || (await hosts.json()).length === 0,
      '[samples] the Grafana server does not see testdata/exports/traced; TRACED_EXPORTS names it'
    );
    await use(UID);
    await request.delete(`/api/datasources/uid/${UID}`);
  },
});
