import { expect, test } from '@grafana/plugin-e2e';
import { Page } from '@playwright/test';
import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// A person puts the output of `perf stat -I 1000 -x, --per-node` and of
// `numastat -m` into a directory of the Grafana server, points a data source at
// it, and sees both on one time axis. Grafana must see this machine's files.

const CAPTURES = join(__dirname, '../workbench/captures');
const ENDED = Date.UTC(2026, 10, 24, 12, 0, 11);
const NAME = 'captures of the test';

let dir: string;

test.beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'numalens-captures-'));
  for (const name of ['perf.csv', 'memory.txt']) {
    cpSync(join(CAPTURES, name), join(dir, name));
    utimesSync(join(dir, name), ENDED / 1000, ENDED / 1000);
  }
});

test.afterAll(() => rmSync(dir, { recursive: true }));

async function explore(page: Page, uid: string, queries: object[]) {
  const datasource = { uid, type: 'numalens-datasource' };
  const pane = {
    datasource: uid,
    queries: queries.map((q, i) => ({ refId: 'AB'[i], datasource, ...q })),
    range: { from: String(ENDED - 12_000), to: String(ENDED + 2000) },
  };
  await page.goto(`/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`);
}

test('files of two tools are tested, drawn together, and listed as they were printed', async ({
  createDataSourceConfigPage,
  explorePage,
  page,
}) => {
  const config = await createDataSourceConfigPage({ type: 'numalens-datasource', name: NAME });
  await page.getByLabel('Directory of exports').fill(dir);
  await config.saveAndTest();
  await expect(config).toHaveAlert('success', { hasText: /imported: 1 run, newest sample .* old/ });
  const uid = config.datasource.uid;

  await explore(page, uid, [
    { view: 'series', metric: 'context_switches' },
    { view: 'series', metric: 'meminfo.MemFree' },
  ]);
  const panel = explorePage.timeSeriesPanel.locator;
  await expect(panel.locator('.u-over').first()).toBeVisible();
  await expect(panel).toContainText('node 0');

  const table = page.waitForResponse((r) => (r.request().postData() ?? '').includes('"view":"figures"'));
  await explore(page, uid, [{ view: 'figures', filter: '^context-switches$' }]);
  // Grafana's table draws the columns that fit: the file is further to the right.
  expect(await (await table).text()).toContain('"perf.csv"');
  await expect(page.getByRole('row', { name: /12:00:01\.\d+ context-switches node 0 254/ })).toBeVisible();
});
