import { Page, expect, test } from '@playwright/test';
import { RECORDED_URL } from '../../playwright.config';
import { picture } from './picture';

// The recorded runs of testdata/exports/guest beside each other: each trouble
// and its remedy, in an emulated machine of four nodes.
const RUNS = ['remote', 'remote-fixed', 'sharing', 'sharing-padded', 'migrate'];

const heatmapOf = (page: Page, run: string) => page.getByTestId(`card-guest/${run}`).getByTestId('heatmap');

test.beforeEach(async ({ page }) => {
  await page.goto(RECORDED_URL + '?theme=dark');
  for (const run of RUNS) {
    await picture(heatmapOf(page, run));
  }
});

/** How far a run's small picture is from the colour of “all local” or “none”, 0 to 1, over its middle. */
async function glow(page: Page, run: string): Promise<number> {
  const p = await picture(heatmapOf(page, run));
  return heatmapOf(page, run)
    .getByTestId('heatmap-canvas')
    .evaluate((canvas: HTMLCanvasElement, { left, top, width, height }) => {
      const ratio = canvas.width / canvas.clientWidth;
      const ctx = canvas.getContext('2d')!;
      const { data } = ctx.getImageData(
        Math.round((left + 0.4 * width) * ratio),
        Math.round(top * ratio),
        Math.max(1, Math.round(0.2 * width * ratio)),
        Math.round(height * ratio)
      );
      let warm = 0;
      for (let i = 0; i < data.length; i += 4) {
        warm += data[i] > data[i + 2] + 20 ? 1 : 0; // red over blue
      }
      return warm / (data.length / 4);
    }, p);
}

test('a run glows where memory is remote, and its remedy does not', async ({ page }) => {
  expect(await glow(page, 'remote')).toBeGreaterThan(0.5); // three nodes of four
  expect(await glow(page, 'remote-fixed')).toBeLessThan(0.1);
});

test('a click opens the run, by the metric that its picture is of', async ({ page }) => {
  await page.getByTestId('card-guest/sharing').getByRole('button').click();
  await expect(page.getByTestId('main-figure').getByTestId('heatmap')).toHaveAttribute('data-metric', 'hitm');
  await expect(page.getByTestId('strip')).toContainText('emulated: QEMU TCG');
  expect(new URL(page.url()).searchParams.get('run')).toBe('sharing');
});

for (const theme of ['dark', 'light']) {
  for (const [width, height] of [
    [1400, 900],
    [700, 900],
    [2400, 1300],
  ]) {
    test(`gallery ${theme} ${width}×${height}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.goto(`${RECORDED_URL}?theme=${theme}&host=guest&run=remote`);
      for (const run of RUNS) {
        await picture(heatmapOf(page, run));
      }
      await page.screenshot({ path: `test-results/pictures/gallery-${theme}-${width}.png` });
    });
  }
}
