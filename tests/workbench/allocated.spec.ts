import { Page, expect, test } from '@playwright/test';
import { TRACED, TRACED_URL } from '../../playwright.config';
import { ask, picture } from './picture';

// The run of testdata/exports/traced: a program fills a table, whose pages come
// more and more from other nodes, and a server in a container sends.

let complaints: string[];

test.beforeEach(({ page }) => {
  complaints = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});

test.afterEach(() => expect(complaints).toEqual([]));

const rows = (page: Page) => page.getByTestId('hotspot');
const flame = (page: Page) => page.getByTestId('flame');
const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

// The page asks for the run as a whole.
const START = Date.UTC(2026, 10, 24, 6, 50, 40);
const WHOLE = { from: START, to: START + 24_000 };

/** A column of what `numalens query` answers. */
function column(query: object, name: string): unknown[] {
  const { schema, data } = ask({ ...WHOLE, ...query }, TRACED);
  return data.values[schema.fields.findIndex((f) => f.name === name)];
}

async function open(page: Page, search = '') {
  await page.goto(`${TRACED_URL}?view=allocated&metric=allocations.page${search}`);
  await expect(rows(page).first()).toBeVisible();
  await expect(flame(page)).toBeVisible();
}

test('a run that traced allocations has a tab of its own', async ({ page }) => {
  await page.goto(TRACED_URL);
  await page.getByRole('tab', { name: 'Who allocated' }).click();
  await expect(rows(page).first()).toBeVisible();
  expect(parameter(page, 'view')).toBe('allocated');
  expect((await picture(page.getByTestId('main-figure').getByTestId('heatmap'))).metric).toBe('allocations.page');
  await page.getByRole('tab', { name: 'Over time' }).click();
  await expect(page.getByTestId('hotspots-card')).toBeHidden();
  expect(parameter(page, 'view')).toBeNull();
});

test('the table says what `numalens query` says', async ({ page }) => {
  await open(page);
  const query = { view: 'hotspots', metric: 'allocations.page', limit: 20 };
  const [names, counts] = [column(query, 'function'), column(query, 'count')];
  await expect(rows(page)).toHaveCount(names.length);
  for (const i of [0, 3, names.length - 1]) {
    await expect(rows(page).nth(i)).toContainText(String(names[i]));
    await expect(rows(page).nth(i)).toContainText((counts[i] as number).toLocaleString('en-GB'));
  }
  await expect(page.getByTestId('hotspots-card').getByRole('note')).toContainText('Not from hardware');
});

test('remote only: every row goes from one node to another', async ({ page }) => {
  await open(page);
  await page.getByTestId('narrow').getByRole('switch').click({ force: true });
  const found = column({ view: 'hotspots', metric: 'allocations.page', remote: true, limit: 20 }, 'function').length;
  await expect(rows(page)).toHaveCount(found);
  for (const row of await rows(page).all()) {
    await expect(row).toContainText(/node \d → node \d/);
  }
  await expect(page.getByTestId('main-figure')).toContainText('of everyone, whatever is chosen above');
});

test('a name of a stack narrows the table and the flame', async ({ page }) => {
  await open(page);
  const before = await rows(page).count();
  await rows(page).first().getByRole('button').click();
  await page.getByTestId('stack').getByRole('button', { name: 'main.(*Table).slot' }).click();
  await expect(page.getByTestId('filter')).toHaveValue('^\\Qmain.(*Table).slot\\E$');
  await expect.poll(() => rows(page).count()).toBeLessThan(before);
  const boxes = column(
    { view: 'flame', metric: 'allocations.page', filter: '^\\Qmain.(*Table).slot\\E$' },
    'label'
  ).length;
  await expect(flame(page)).toHaveAttribute('data-boxes', String(boxes));
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await expect(rows(page)).toHaveCount(before);
});

test('a filter that is half typed is told, and not asked', async ({ page }) => {
  await open(page);
  await page.getByTestId('filter').fill('main.(');
  await expect(page.getByText('Not a filter: unterminated group')).toBeVisible();
  expect(parameter(page, 'filter')).toBeNull();
  await page.getByTestId('filter').fill('nobody at all');
  await expect(page.getByTestId('hotspots-card')).toContainText('is found by “nobody at all”');
  await expect(page.getByTestId('flame-card')).toContainText('is found by “nobody at all”');
});

test('a click zooms into the flame, the keys walk in it', async ({ page }) => {
  await open(page);
  await flame(page).hover({ position: { x: 30, y: 30 } });
  const [, first] = column({ view: 'flame', metric: 'allocations.page' }, 'label');
  await expect(page.getByTestId('flame-tooltip')).toContainText(String(first));
  await flame(page).click({ position: { x: 30, y: 30 } });
  await expect(flame(page)).toHaveAttribute('data-zoomed', String(first));
  await page.getByTestId('flame-crumbs').getByRole('button', { name: 'all' }).click();
  await expect(flame(page)).toHaveAttribute('data-zoomed', 'all');
  await flame(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(flame(page)).toHaveAttribute('data-zoomed', String(first));
});

test('what is remote has the scale’s other colour', async ({ page }) => {
  await open(page, '&remote=1&theme=dark');
  const [red, , blue] = await flame(page)
    .getByTestId('flame-canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const ratio = canvas.width / canvas.clientWidth;
      return Array.from(canvas.getContext('2d')!.getImageData(3 * ratio, 3 * ratio, 1, 1).data);
    });
  expect(red).toBeGreaterThan(blue + 50);
});

test('another kind, counted', async ({ page }) => {
  await open(page);
  await page.getByRole('radio', { name: 'kmalloc' }).check({ force: true });
  await page.getByRole('radio', { name: 'Count' }).check({ force: true });
  await expect.poll(() => parameter(page, 'metric')).toBe('allocations.kmalloc_count');
  const query = { view: 'hotspots', metric: 'allocations.kmalloc_count', limit: 20 };
  await expect(rows(page)).toHaveCount(column(query, 'function').length);
  await expect(rows(page).first()).toContainText('container 3f2a9c0d71e4');
  await expect(page.getByTestId('hotspots-card').getByRole('note').last()).toContainText('detached');
});

test('a drag over the heatmap narrows the time of all', async ({ page }) => {
  await open(page);
  const heatmap = page.getByTestId('main-figure').getByTestId('heatmap');
  const p = await picture(heatmap);
  const box = (await heatmap.boundingBox())!;
  const at = (part: number): [number, number] => [box.x + p.left + part * p.width, box.y + p.top + 30];
  const asked = page.waitForRequest(
    (r) =>
      r.url().includes('/api/ds/query') &&
      r.postData()?.includes('"hotspots"') === true &&
      Number(r.postDataJSON().from) > p.from
  );
  await page.mouse.move(...at(0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.7), { steps: 4 });
  await page.mouse.move(...at(0.9), { steps: 4 });
  await page.mouse.up();
  expect((await asked).postDataJSON().from).toBe(parameter(page, 'from'));
});

test('a run that traced nothing says so', async ({ page, baseURL }) => {
  await page.goto(`${baseURL}?view=allocated`);
  await expect(page.getByTestId('nothing')).toContainText('“Pages allocated” is not available in this run');
  await page.goto(`${baseURL}`);
  await expect(page.getByTestId('main-figure')).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Who allocated' })).toHaveCount(0);
});

for (const theme of ['dark', 'light']) {
  for (const width of [700, 1400, 2400]) {
    test(`allocated ${theme} ${width}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 1100 });
      await open(page, `&theme=${theme}`);
      await rows(page).first().getByRole('button').click();
      await flame(page).hover({ position: { x: 60, y: 90 } });
      await page.screenshot({ path: `test-results/pictures/allocated-${theme}-${width}.png`, fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
