import { DashboardPage, expect } from '@grafana/plugin-e2e';
import { Page } from '@playwright/test';
import { HOST, panelOf, parameter, place } from './example';
import { TRACED_END, TRACED_START, test } from './traced';
import dashboard from '../../provisioning/dashboards/numalens-who-allocated-what.json';

const { uid } = dashboard;

const at = (source: string, more: Record<string, string> = {}) => ({
  uid,
  queryParams: place({ 'var-datasource': source, from: String(TRACED_START), to: String(TRACED_END), ...more }),
});

/** A panel by its title, in which $kind is filled in. */
const panel = (on: DashboardPage, title: string, kind = 'page') => panelOf(on, title.replace('$kind', kind));

test('every panel draws', async ({ gotoDashboardPage, traced, page }) => {
  const on = await gotoDashboardPage(at(traced));
  for (const { title, type } of dashboard.panels) {
    const drawn = await panel(on, title);
    switch (type) {
      case 'numalens-heatmap-panel':
        await expect(drawn.getByTestId('heatmap-canvas')).toBeVisible();
        break;
      case 'timeseries':
        await expect(drawn.locator('.u-over')).toBeVisible();
        break;
      case 'table':
        await expect(drawn.getByRole('gridcell').first()).toBeVisible();
        break;
      case 'flamegraph':
        await expect(drawn.getByTestId('flameGraph').or(drawn.locator('canvas')).first()).toBeVisible();
        await expect(drawn).toContainText('skb_page_frag_refill');
        break;
      default:
        await expect(drawn).toContainText(/node \d/);
    }
  }
  await expect(on).not.toHavePanelErrors();
  await expect(page.getByTestId('data-testid Panel status error')).toHaveCount(0);
});

test('hotspots on other nodes: the pair of nodes and the place', async ({ gotoDashboardPage, traced }) => {
  const table = await panel(await gotoDashboardPage(at(traced)), '$kind: hotspots on other nodes');
  const row = table.getByRole('row').nth(1);
  await expect(row).toContainText('main.hash');
  await expect(row).toContainText('other socket');
  await expect(row).toContainText('MiB');
  await expect(table).not.toContainText('own node');
});

test('a click on a function narrows tables and flame graph', async ({ gotoDashboardPage, traced, page }) => {
  const on = await gotoDashboardPage(at(traced));
  const table = await panel(on, '$kind: hotspots');
  await expect(table).toContainText('main.(*Rows).load');
  await table.getByRole('link', { name: 'main.(*Rows).load' }).first().click();
  await expect.poll(() => parameter(page, 'var-filter')).toBe('^\\Qmain.(*Rows).load\\E$');
  expect(parameter(page, 'var-host')).toBe(HOST);
  expect(parameter(page, 'var-kind')).toBe('page');
  await expect(await panel(on, '$kind: hotspots')).not.toContainText('main.hash');
  const flame = await panel(on, '$kind: by stack');
  await expect(flame).toContainText('node 2');
  await expect(flame).not.toContainText('skb_page_frag_refill');
});

test('another kind is chosen by its variable', async ({ gotoDashboardPage, traced }) => {
  const on = await gotoDashboardPage(at(traced, { 'var-kind': 'kmalloc' }));
  await expect(await panel(on, '$kind: hotspots', 'kmalloc')).toContainText('__alloc_skb');
  const heatmap = await panel(on, '$kind: bytes a second, by node given', 'kmalloc');
  await expect(heatmap).toContainText('The probe was detached');
});

test('a run that traced nothing: not measured, and why', async ({ gotoDashboardPage, page }) => {
  const on = await gotoDashboardPage({ uid, queryParams: place() });
  await expect(await panelOf(on, 'Pages given on another node')).toContainText('not measured');
  await expect(await panel(on, '$kind: bytes a second, by node given')).toContainText('did not trace allocations');
  await expect(await panel(on, '$kind: hotspots')).toContainText('Not measured in this run');
  await expect(await panelOf(on, 'What was recorded')).toContainText('numalens-agent record --trace all');
  await expect(page.getByTestId('data-testid Panel status error')).toHaveCount(0);
});

/** Explore on the traced run, with the view that is to be asked. */
async function explore(page: Page, source: string, query: object) {
  const target = { refId: 'A', datasource: { uid: source, type: 'numalens-datasource' }, ...query };
  const range = { from: String(TRACED_START), to: String(TRACED_END) };
  const panes = JSON.stringify({ a: { datasource: source, queries: [target], range } });
  await page.goto(`/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(panes)}`);
}

test('Explore: hotspots are a table, by the editor’s own fields', async ({ traced, explorePage, page }) => {
  await explore(page, traced, { view: 'heatmap' });
  const row = explorePage.getQueryEditorRow('A');
  await row.getByRole('radio', { name: 'Hotspots' }).check({ force: true });
  await row.getByRole('combobox', { name: 'Metric' }).fill('Pages');
  await expect(page.getByRole('option', { name: /remote share/ })).toHaveCount(0);
  await page.getByRole('option', { name: /^Pages allocated(?!:)/ }).click();
  await expect(page.getByRole('gridcell', { name: 'main.hash' }).first()).toBeVisible();
  const asked = page.waitForRequest((r) => (r.postData() ?? '').includes('"filter":"skb_"'));
  await row.getByLabel('Filter').fill('skb_');
  await row.getByLabel('Filter').press('Enter');
  await asked;
  await expect(page.getByRole('gridcell', { name: 'main.hash' })).toHaveCount(0);
});

test('Explore: a flame is a flame graph', async ({ traced, page, explorePage: _ }) => {
  await explore(page, traced, { view: 'flame', metric: 'allocations.page' });
  await expect(page.getByRole('link', { name: 'skb_page_frag_refill' }).first()).toBeVisible();
  await expect(
    page.getByRole('radio', { name: 'Flame Graph' }).or(page.getByText('Flame Graph')).first()
  ).toBeVisible();
});
