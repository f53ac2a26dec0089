import { expect, test } from '@grafana/plugin-e2e';
import { END, EXAMPLE, HOST, HOST_DASHBOARD, IS_IT_NUMA, START, panelOf, parameter, place } from './example';
import isItNuma from '../../provisioning/dashboards/numalens-is-it-numa.json';
import host from '../../provisioning/dashboards/numalens-host.json';

for (const { title, uid, panels } of [isItNuma, host]) {
  test(`${title}: every panel draws`, async ({ gotoDashboardPage, page }) => {
    const dashboard = await gotoDashboardPage({ uid, queryParams: place() });
    for (const panel of panels) {
      const at = await panelOf(dashboard, panel.title);
      switch (panel.type) {
        case 'numalens-heatmap-panel': {
          const heatmap = at.getByTestId('heatmap');
          await expect(heatmap.getByTestId('heatmap-canvas')).toBeVisible();
          await expect(heatmap).toHaveAttribute('data-rows', '32');
          expect(Number(await heatmap.getAttribute('data-columns'))).toBeGreaterThan(10);
          break;
        }
        case 'timeseries':
          await expect(at.locator('.u-over')).toBeVisible();
          break;
        case 'table':
          await expect(at.getByRole('gridcell').first()).toBeVisible();
          break;
        default:
          await expect(at).toContainText(/\d|nothing recording/);
      }
    }
    await expect(dashboard).not.toHavePanelErrors();
    await expect(page.getByTestId('data-testid Panel status error')).toHaveCount(0);
  });
}

test('stats are named by node, with their value', async ({ gotoDashboardPage }) => {
  const dashboard = await gotoDashboardPage(IS_IT_NUMA);
  const stat = await panelOf(dashboard, 'Remote DRAM loads');
  for (const node of [0, 1, 2, 3]) {
    await expect(stat).toContainText(`node ${node}`);
  }
  await expect(stat).toContainText('%');
});

test('host and run fill themselves', async ({ gotoDashboardPage, page }) => {
  await gotoDashboardPage(IS_IT_NUMA);
  const controls = page.getByTestId('data-testid dashboard controls');
  await expect(controls).toContainText(HOST);
  await expect(controls).toContainText('newest in the time range');
  await expect.poll(() => parameter(page, 'var-host')).toBe(HOST);
  await expect.poll(() => parameter(page, 'var-run')).toBe('newest');
});

test('the link to the other dashboard keeps variables and time', async ({ gotoDashboardPage, page }) => {
  await gotoDashboardPage(HOST_DASHBOARD);
  await page.getByRole('link', { name: 'Is it NUMA?' }).click();
  await page.waitForURL(/numalens-is-it-numa/);
  await expect.poll(() => parameter(page, 'var-host')).toBe(HOST);
  expect(parameter(page, 'var-datasource')).toBe(EXAMPLE);
  expect(
    [parameter(page, 'from'), parameter(page, 'to')].map((t) => new Date(isNaN(Number(t)) ? t! : Number(t)).getTime())
  ).toEqual([START, END]);
  await expect(page.getByTestId('heatmap').first()).toBeVisible();
});

test('the start of the run is annotated', async ({ gotoDashboardPage, page }) => {
  const asked = page.waitForResponse(
    async (r) => r.url().includes('/api/ds/query') && (r.request().postData() ?? '').includes('"annotations"')
  );
  const dashboard = await gotoDashboardPage(IS_IT_NUMA);
  const frames = Object.values<{ frames: Array<{ data: { values: unknown[][] } }> }>(
    (await (await asked).json()).results
  )[0].frames;
  expect(frames[0].data.values[0]).toContain(START);
  const panel = await panelOf(dashboard, 'Remote share of DRAM loads, by node');
  await expect(panel.getByTestId(/annotation-marker/).first()).toBeVisible();
});
