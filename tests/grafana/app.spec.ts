import { expect, test } from '@grafana/plugin-e2e';

test('the app’s page opens and leads to a new data source', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: 'numalens-app' });
  await expect(page.getByRole('heading', { name: 'From a recording to a picture' })).toBeVisible();
  for (const step of ['Record', 'Connect', 'Look']) {
    await expect(page.getByRole('heading', { name: step, exact: true })).toBeVisible();
  }
  await expect(page.getByRole('link', { name: 'Add a data source' })).toHaveAttribute(
    'href',
    /connections\/datasources\/numalens-datasource/
  );
});

test('the app’s page leads to the dashboards', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: 'numalens-app' });
  await page.getByRole('link', { name: 'Who allocated what' }).click();
  await page.waitForURL(/numalens-who-allocated-what/);
  await expect(page.getByTestId(/Panel header/).first()).toBeVisible();
});
