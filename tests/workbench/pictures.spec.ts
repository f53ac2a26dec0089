import { test } from '@playwright/test';
import { main, picture, pointAt } from './picture';

// Pictures to look at, in test-results/pictures. They are not compared: fonts
// and anti-aliasing differ from machine to machine.

const INCIDENT = Date.UTC(2026, 10, 24, 6, 50, 55);

for (const theme of ['dark', 'light']) {
  for (const [width, height] of [
    [1400, 900],
    [700, 900],
    [2400, 1300],
  ]) {
    test(`${theme} ${width}×${height}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.goto(`/?theme=${theme}`);
      await picture(page.getByTestId('tile-numa_hit-node').getByTestId('heatmap'));
      await pointAt(page, main(page), INCIDENT, 0.62);
      await page.getByText(/^≈ /).waitFor();
      await page.screenshot({ path: `test-results/pictures/${theme}-${width}.png` });
    });
  }
}
