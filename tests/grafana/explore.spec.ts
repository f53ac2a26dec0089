import { expect, test } from '@grafana/plugin-e2e';
import { Page } from '@playwright/test';
import { END, EXAMPLE, START } from './example';

/** Explore on the example; the fixture opens it on the default data source. */
async function openExample(page: Page) {
  const pane = {
    datasource: EXAMPLE,
    queries: [{ refId: 'A', datasource: { uid: EXAMPLE, type: 'numalens-datasource' } }],
    range: { from: String(START), to: String(END) },
  };
  const panes = encodeURIComponent(JSON.stringify({ a: pane }));
  await page.goto(`/explore?schemaVersion=1&orgId=1&panes=${panes}`);
}

/** The answer to a question that holds this text. Choosing asks at once. */
const answerTo = (page: Page, text: string) =>
  page.waitForResponse((r) => r.url().includes('/api/ds/query') && (r.request().postData() ?? '').includes(text));

for (const view of ['Heatmap', 'Series']) {
  test(`${view}: a metric is chosen, asked and drawn`, async ({ explorePage, page }) => {
    await openExample(page);
    const row = explorePage.getQueryEditorRow('A');
    await row.getByRole('radio', { name: view }).check({ force: true });
    await row.getByRole('combobox', { name: 'Metric' }).fill('remote_dram');
    const answer = answerTo(page, '"metric":"remote_dram_share"');
    await page.getByRole('option', { name: /Remote share of DRAM loads/ }).click();
    await expect(row).toContainText('Denominator: loads served by DRAM');
    expect((await answer).ok()).toBe(true);
    await expect(explorePage.timeSeriesPanel.locator.locator('.u-over').first()).toBeVisible();
    await expect(explorePage.timeSeriesPanel.locator).toContainText(/CPU 31|Show all 32/);
  });
}

test('Runs: what was recorded is a table', async ({ explorePage, page }) => {
  await openExample(page);
  const row = explorePage.getQueryEditorRow('A');
  const answer = answerTo(page, '"view":"runs"');
  await row.getByRole('radio', { name: 'Runs' }).check({ force: true });
  expect((await answer).ok()).toBe(true);
  await expect(page.getByRole('gridcell', { name: 'sealed' }).first()).toBeVisible();
});
