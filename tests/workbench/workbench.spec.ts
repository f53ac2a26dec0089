import { expect, test } from '@playwright/test';
import { ask, main, picture, pointAt } from './picture';

// The run of testdata/exports/fournode: 30 s, four nodes; in the middle third
// the CPUs of node 2 turn to remote memory.
const START = Date.UTC(2026, 10, 24, 6, 50, 40);
const INCIDENT = START + 15_000;

let complaints: string[];

test.beforeEach(({ page }) => {
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      complaints.push(`${response.status()} ${response.url()}`);
    }
  });
});

test.afterEach(() => expect(complaints).toEqual([]));

test('opens on the best evidence that the run has, with what was recorded', async ({ page }) => {
  await page.goto('/');
  const p = await picture(main(page));
  expect(p.metric).toBe('remote_dram_share');
  expect([p.rows, p.from, p.to]).toEqual([32, START, START + 30_000]);
  const strip = page.getByTestId('strip');
  await expect(strip).toContainText('sealed');
  await expect(strip).toContainText('incident');
  await expect(strip).toContainText('emulated: synthetic');
  await expect(page.getByTestId('heatmap-notices').first()).toContainText('Not from hardware');
  await page.getByTestId('missing').click();
  await expect(strip).toContainText('load samples: the machine does not exist');
});

test('the canvas is painted, and node 2 differs from node 0 during the incident', async ({ page }) => {
  await page.goto('/?theme=dark');
  const p = await picture(main(page));
  const place = (height: number) => [
    p.left + ((INCIDENT - p.from) / (p.to - p.from)) * p.width,
    p.top + height * p.height,
  ];
  const [[localRed, , localBlue], [remoteRed, , remoteBlue]] = await main(page)
    .getByTestId('heatmap-canvas')
    .evaluate(
      (canvas: HTMLCanvasElement, places) => {
        const ratio = canvas.width / canvas.clientWidth;
        const { data, width } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return places.map(([x, y]) => {
          const i = 4 * (Math.round(y * ratio) * width + Math.round(x * ratio));
          return Array.from(data.slice(i, i + 4));
        });
      },
      [place(0.1), place(0.65)]
    );
  expect(localBlue).toBeGreaterThan(localRed);
  expect(remoteRed).toBeGreaterThan(remoteBlue);
});

test('the tooltip over a cell says what `numalens query` says', async ({ page }) => {
  await page.goto('/?metric=remote_dram_share&by=cpu');
  const tip = await pointAt(page, main(page), INCIDENT, 0.62);
  const cpu = Number(/CPU (\d+)/.exec(await tip.innerText())?.[1]);
  const p = await picture(main(page));
  const from = p.firstColumn + Math.floor((INCIDENT - p.firstColumn) / p.columnMs) * p.columnMs;
  const query = { view: 'cell', metric: 'remote_dram_share', by: 'cpu', instance: cpu, from, to: from + p.columnMs };
  const cell = ask(query).schema.meta.custom.numalens.cell as Record<string, number>;
  const whole = (n: number) => Math.round(n).toLocaleString('en-GB');

  await expect(tip).toContainText(`node ${cell.node} · socket ${cell.socket}`);
  expect(cell.node).toBe(2);
  await expect(page.getByTestId('tooltip-counts')).toContainText(
    `${whole(cell.numerator)} of ${whole(cell.denominator)} loads served by DRAM`
  );
  const shown = parseFloat(await page.getByTestId('tooltip-value').innerText()) / 100;
  expect(Math.abs(shown - cell.value)).toBeLessThan(0.001);
  await expect(tip).toContainText(`estimate: counted ${Math.round(100 * cell.runningShare)} % of the time`);
});

test('a rate is the count over its time', async ({ page }) => {
  await page.goto('/?metric=context_switches&by=node');
  const tip = await pointAt(page, main(page), INCIDENT, 0.1);
  await expect(tip).toContainText('node 0');
  const p = await picture(main(page));
  const from = p.firstColumn + Math.floor((INCIDENT - p.firstColumn) / p.columnMs) * p.columnMs;
  const query = { view: 'cell', metric: 'context_switches', by: 'node', instance: 0, from, to: from + p.columnMs };
  const cell = ask(query).schema.meta.custom.numalens.cell as Record<string, number>;
  await expect(page.getByTestId('tooltip-counts')).toContainText(
    `${Math.round(cell.numerator).toLocaleString('en-GB')} in`
  );
});

test('a brush zooms: the address, the question and the picture agree', async ({ page }) => {
  await page.goto('/?metric=remote_dram_share&by=cpu');
  const p = await picture(main(page));
  const box = (await main(page).boundingBox())!;
  const at = (part: number) => ({ x: box.x + p.left + part * p.width, y: box.y + p.top + 50 });
  const asked = page.waitForRequest((r) => r.url().includes('/api/ds/query') && Number(r.postDataJSON().from) > START);
  await page.mouse.move(at(0.25).x, at(0.25).y);
  await page.mouse.down();
  await page.mouse.move(at(0.4).x, at(0.4).y, { steps: 5 });
  await page.mouse.move(at(0.5).x, at(0.5).y, { steps: 5 });
  await page.mouse.up();

  const body = (await asked).postDataJSON();
  const place = new URL(page.url()).searchParams;
  expect(place.get('from')).toBe(body.from);
  expect(place.get('to')).toBe(body.to);
  expect(Math.abs(Number(body.from) - (START + 7500))).toBeLessThan(100);
  expect(Math.abs(Number(body.to) - (START + 15_000))).toBeLessThan(100);

  await expect(main(page)).toHaveAttribute('data-from', body.from);
  const zoomed = await picture(main(page));
  const frame = ask({
    view: 'heatmap',
    metric: 'remote_dram_share',
    by: 'cpu',
    from: Number(body.from),
    to: Number(body.to),
    columns: 1400,
  });
  expect(zoomed.columns).toBe(frame.data.values[0].length);
  expect(zoomed.firstColumn).toBe(frame.data.values[0][0]);

  await page.getByRole('button', { name: 'Whole run' }).click();
  await expect(main(page)).toHaveAttribute('data-from', String(START));
  await page.goBack();
  await expect(main(page)).toHaveAttribute('data-from', body.from);
});

test('another metric by the picker, another picture by a tile', async ({ page }) => {
  await page.goto('/');
  await picture(main(page));
  await page.getByTestId('pick-metric').click();
  await page.getByTestId('pick-metric').fill('minor');
  await page.getByRole('option', { name: /Minor faults/ }).click();
  await expect(main(page)).toHaveAttribute('data-metric', 'minor_faults');
  expect(page.url()).toContain('metric=minor_faults');

  await page
    .getByTestId('tile-numa_hit-node')
    .getByRole('button', { name: /numa_hit/ })
    .click();
  await expect(main(page)).toHaveAttribute('data-metric', 'numa_hit');
  await expect(main(page)).toHaveAttribute('data-rows', '4');
});

test('the crosshair is shared with the small pictures', async ({ page }) => {
  await page.goto('/');
  await picture(page.getByTestId('tile-context_switches-cpu').getByTestId('heatmap'));
  await pointAt(page, main(page), INCIDENT, 0.3);
  await expect(page.getByTestId('tile-context_switches-cpu').getByTestId('crosshair')).toBeVisible();
});

test('dark and light, kept in the address', async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto('/?theme=dark');
  await picture(main(page));
  const dark = await background();
  await page.getByTestId('pick-theme').click();
  await expect.poll(background).not.toBe(dark);
  expect(page.url()).toContain('theme=light');
  await expect(main(page)).toBeVisible();
});

test('the system’s wish for light is kept to', async ({ browser }) => {
  const page = await browser.newPage({ colorScheme: 'light', baseURL: test.info().project.use.baseURL });
  await page.goto('/');
  await expect.poll(() => page.evaluate(() => document.documentElement.style.colorScheme)).toBe('light');
  await page.close();
});

test('what is not there is a sentence', async ({ page }) => {
  await page.goto(`/?from=${START - 3_600_000}&to=${START - 3_000_000}`);
  await expect(page.getByTestId('main-figure').getByTestId('heatmap-problem')).not.toBeEmpty();
  await page.goto('/?metric=nope');
  await expect(page.getByTestId('nothing')).toContainText('has no metric nope');
  await page.goto('/?host=nope');
  await expect(page.getByTestId('nothing')).toContainText('There is no host nope; there is fournode.');
  await page.goto('/?run=nope');
  await expect(page.getByTestId('nothing')).toContainText('has no run nope');
});

test('arrow keys walk from cell to cell', async ({ page }) => {
  await page.goto('/');
  await picture(main(page));
  await main(page).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('heatmap-tooltip')).toContainText('CPU 0');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('heatmap-tooltip')).toContainText('CPU 1');
});

test.describe('on a small page', () => {
  test.use({ viewport: { width: 400, height: 800 } });

  test('nothing is wider than the page', async ({ page }) => {
    await page.goto('/');
    await picture(main(page));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBe(0);
  });
});
