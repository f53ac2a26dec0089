import { expect, test } from '@grafana/plugin-e2e';
import { picture, pointAt } from '../workbench/picture';
import { END, INCIDENT, IS_IT_NUMA, START, panelOf, parameter, place } from './example';

const TITLE = 'Remote share of DRAM loads, by CPU';

test('the tooltip over a cell of the incident says share, counts and node', async ({ gotoDashboardPage, page }) => {
  const heatmap = (await panelOf(await gotoDashboardPage(IS_IT_NUMA), TITLE)).getByTestId('heatmap');
  const tip = await pointAt(page, heatmap, INCIDENT, 0.62);
  await expect(tip).toContainText(/CPU (1[6-9]|2[0-3])/);
  await expect(tip).toContainText('node 2 · socket 1');
  await expect(page.getByTestId('tooltip-counts')).toContainText(/\d of \d.* loads served by DRAM/);
  expect(parseFloat(await page.getByTestId('tooltip-value').innerText())).toBeGreaterThan(50);

  const calm = await pointAt(page, heatmap, INCIDENT, 0.1);
  await expect(calm).toContainText('node 0 · socket 0');
  await expect.poll(async () => parseFloat(await page.getByTestId('tooltip-value').innerText())).toBeLessThan(20);
});

test('a brush zooms the whole dashboard', async ({ gotoDashboardPage, page }) => {
  const heatmap = (await panelOf(await gotoDashboardPage(IS_IT_NUMA), TITLE)).getByTestId('heatmap');
  const p = await picture(heatmap);
  const box = (await heatmap.boundingBox())!;
  const x = (part: number) => box.x + p.left + part * p.width;
  const y = box.y + p.top + 50;
  await page.mouse.move(x(0.25), y);
  await page.mouse.down();
  await page.mouse.move(x(0.4), y, { steps: 5 });
  await page.mouse.move(x(0.5), y, { steps: 5 });
  await page.mouse.up();

  await expect.poll(async () => Number(await heatmap.getAttribute('data-from'))).toBeGreaterThan(START + 5000);
  const from = Number(await heatmap.getAttribute('data-from'));
  const to = Number(await heatmap.getAttribute('data-to'));
  expect(Math.abs(from - (START + 7500))).toBeLessThan(200);
  expect(Math.abs(to - (START + 15_000))).toBeLessThan(200);
  expect(to).toBeLessThan(END);
  const inAddress = parameter(page, 'from')!;
  expect(new Date(isNaN(Number(inAddress)) ? inAddress : Number(inAddress)).getTime()).toBe(from);
});

test('the crosshair reaches the other panels', async ({ gotoDashboardPage, page }) => {
  const dashboard = await gotoDashboardPage(IS_IT_NUMA);
  const other = (await panelOf(dashboard, 'Remote share of page faults, by CPU')).getByTestId('heatmap');
  await picture(other);
  await pointAt(page, (await panelOf(dashboard, TITLE)).getByTestId('heatmap'), INCIDENT, 0.3);
  await expect(other.getByTestId('crosshair')).toBeVisible();
});

test('options of the panel change its picture', async ({ gotoPanelEditPage }) => {
  const edit = await gotoPanelEditPage({ dashboard: IS_IT_NUMA, id: '5' });
  // The first time it goes there without data source and time.
  await edit.goto({ queryParams: place() });
  const legend = edit.panel.locator.getByTestId('heatmap-legend');
  await expect(legend).toBeVisible();
  await edit.getCustomOptions('numalens heatmap').getSwitch('Legend').uncheck();
  await expect(legend).toBeHidden();
});
