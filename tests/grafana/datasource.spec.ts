import { expect, test } from '@grafana/plugin-e2e';
import { EXAMPLE, HOST } from './example';

test('test of the provisioned data source says hosts, runs, age and rung', async ({
  gotoDataSourceConfigPage,
  page,
}) => {
  const config = await gotoDataSourceConfigPage(EXAMPLE);
  await expect(page.getByLabel('Directory of exports')).not.toHaveValue('');
  await page.getByRole('button', { name: /^(Save & test|Test)$/ }).click();
  await expect(config).toHaveAlert('success', {
    hasText: new RegExp(`${HOST}: 1 run, newest sample .* old, rung: counters`),
  });
});

test('a directory that is not there is said at its field and in the alert', async ({
  createDataSourceConfigPage,
  page,
}) => {
  const config = await createDataSourceConfigPage({ type: 'numalens-datasource' });
  const directory = page.getByLabel('Directory of exports');
  await directory.fill('not/absolute');
  await expect(page.getByText(/absolute path/).last()).toBeVisible();
  await directory.fill('/not/there');
  await config.saveAndTest();
  await expect(config).toHaveAlert('error', { hasText: '/not/there: no such file or directory' });
  const atTheField = page.getByRole('alert').filter({ hasText: 'exports in /not/there' });
  await expect(atTheField.last()).toBeVisible();
  await directory.fill('/elsewhere');
  await expect(page.locator('[role=alert]', { hasText: /^exports in/ })).toHaveCount(0);
});

test('an agent that does not answer is said at its URL', async ({ createDataSourceConfigPage, page }) => {
  const config = await createDataSourceConfigPage({ type: 'numalens-datasource' });
  await page.getByRole('button', { name: 'Add an agent' }).click();
  await page.getByLabel('Name of the new agent', { exact: true }).fill('bench1');
  await page.getByLabel('URL of bench1').fill('http://127.0.0.1:1');
  await config.saveAndTest();
  await expect(config).toHaveAlert('error', { hasText: 'nothing listens there' });
  await expect(page.locator('[role=alert]', { hasText: /^agent http:\/\/127.0.0.1:1: nothing listens/ })).toBeVisible();
});

test('an agent’s fields are held while one types', async ({ createDataSourceConfigPage, page }) => {
  await createDataSourceConfigPage({ type: 'numalens-datasource' });
  await page.getByRole('button', { name: 'Add an agent' }).click();
  await page.getByLabel('Name of the new agent', { exact: true }).fill('bench1');
  await page.getByLabel('URL of bench1').fill('bench1:9177');
  await expect(page.getByRole('alert').filter({ hasText: /https?:/ })).toBeVisible();
  await page.getByLabel('URL of bench1').fill('https://bench1:9177');
  await expect(page.getByRole('alert').filter({ hasText: /https?:/ })).toBeHidden();
  await page.getByRole('button', { name: 'Remove bench1' }).click();
  await expect(page.getByLabel('URL of bench1')).toBeHidden();
});
