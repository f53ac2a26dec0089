import { Page, expect, test } from '@playwright/test';
import { ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NUMALENS } from '../../playwright.config';
import { main, picture } from './picture';

// A person puts the output of two tools into a directory: captures/perf.csv is
// perf's own (`perf stat -a --per-node -I 1000 -x,`), memory.txt numastat's.

const PORT = 8396;
const CAPTURES = 'tests/workbench/captures';
const ENDED = Date.UTC(2026, 10, 24, 12, 0, 11);

let server: ChildProcess;
let dir: string;
let complaints: string[];

test.beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'numalens-captures-'));
  dir = join(root, 'night');
  mkdirSync(dir);
  for (const name of ['perf.csv', 'memory.txt']) {
    cpSync(`${CAPTURES}/${name}`, join(dir, name));
    utimesSync(join(dir, name), ENDED / 1000, ENDED / 1000);
  }
  server = spawn(NUMALENS, ['view', '--listen', `127.0.0.1:${PORT}`, dir], {
    env: { ...process.env, XDG_CACHE_HOME: join(root, 'cache') },
  });
  await new Promise((resolve) => server.stdout?.once('data', resolve));
});

test.afterAll(() => {
  server.kill();
  rmSync(join(dir, '..'), { recursive: true });
});

test.beforeEach(({ page }) => {
  complaints = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});

test.afterEach(() => expect(complaints).toEqual([]));

const rows = (page: Page) => page.getByTestId('figure');
const open = (page: Page, search = '') => page.goto(`http://127.0.0.1:${PORT}/${search}`);
const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

/** A column of perf's own file: interval, node, CPUs, count, unit, event … */
const counted = (event: string) =>
  readFileSync(`${CAPTURES}/perf.csv`, 'utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter((cells) => cells[5] === event)
    .map((cells) => Number(cells[3]));

test('two tools are on one time axis', async ({ page }) => {
  await open(page, '?metric=context_switches');
  const counts = await picture(main(page));
  expect([counts.metric, counts.rows]).toEqual(['context_switches', 1]);
  expect(counts.from).toBeGreaterThan(ENDED - 11_500);
  expect(Math.round(counts.to / 10)).toBe(Math.round(ENDED / 10));
  await page.getByTestId('pick-metric').fill('MemFree');
  await page.getByRole('option', { name: 'meminfo: MemFree' }).click();
  await expect.poll(async () => (await picture(main(page))).metric).toBe('meminfo.MemFree');
  const memory = await picture(main(page));
  expect([memory.from, memory.to]).toEqual([counts.from, counts.to]);
});

test('every number is there as it was printed, with its file and line, and can be searched', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'As printed' }).click();
  await expect(rows(page).first()).toBeVisible();
  expect(parameter(page, 'view')).toBe('imported');
  await page.getByTestId('filter').fill('^context-switches$');
  const counts = counted('context-switches');
  await expect(rows(page)).toHaveCount(counts.length);
  await expect(rows(page).nth(2)).toContainText(/context-switches\s*node 0/);
  await expect(rows(page).nth(2).getByRole('cell').nth(2)).toHaveAttribute('title', counts[2].toLocaleString('en-GB'));
  await expect(rows(page).nth(2)).toContainText('perf.csv:9');
  await page.getByTestId('filter').fill('no such name');
  await expect(page.getByTestId('figures-card')).toContainText(
    'No number in this time range is found by “no such name”'
  );
});

test('one number is drawn over time', async ({ page }) => {
  await open(page, '?view=imported&filter=page-faults');
  await rows(page).first().getByRole('button').click();
  const series = page.getByTestId('figure-series');
  await expect(series).toHaveAttribute('data-points', String(counted('page-faults').length));
  await expect(page.getByTestId('figure-card')).toContainText('node 0 in perf.csv');
  await page.reload();
  await expect(series).toBeVisible();
  await page.getByTestId('figure-card').getByRole('button', { name: 'Close' }).click();
  await expect(series).toBeHidden();
});

test('a file that cannot be read is a notice, and hides nothing', async ({ page }) => {
  const bad = join(dir, 'bad.txt');
  writeFileSync(bad, readFileSync(join(dir, 'memory.txt'), 'utf8').replace(/^(MemTotal\s+\S+).*$/m, '$1'));
  utimesSync(bad, ENDED / 1000, ENDED / 1000);
  await open(page, '?metric=context_switches');
  await expect(page.getByTestId('heatmap-notices').first()).toContainText('bad.txt:');
  await expect(main(page)).toBeVisible();
  rmSync(bad);
  await page.waitForTimeout(1100); // it looks once a second
  await page.reload();
  await expect(main(page)).toBeVisible();
  await expect(page.getByText('bad.txt:')).toHaveCount(0);
});

for (const [width, theme] of [
  [700, 'light'],
  [2400, 'dark'],
] as const) {
  test(`nothing is wider than a page of ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 1000 });
    await open(page, `?view=imported&theme=${theme}`);
    await expect(rows(page).first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}
