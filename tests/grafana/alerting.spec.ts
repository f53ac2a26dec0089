import { expect, test } from '@grafana/plugin-e2e';
import { panelOf } from './example';

interface Rule {
  title: string;
  uid: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

test('every rule carries its labels, apart from its annotations', async ({ request }) => {
  const rules: Rule[] = await (await request.get('/api/v1/provisioning/alert-rules')).json();
  const ours = rules.filter((r) => r.uid.startsWith('numalens-'));
  expect(ours.length).toBeGreaterThanOrEqual(10);
  for (const { labels, annotations } of ours) {
    expect(labels).toMatchObject({ severity: expect.stringMatching(/warning|critical/), team: 'numalens' });
    expect(annotations).toMatchObject({
      summary: expect.stringContaining('host {{ $labels.host }}'),
      runbook_url: expect.stringMatching(/runbooks\/.*\.md$/),
      __dashboardUid__: expect.stringMatching(/^numalens-/),
      __panelId__: expect.stringMatching(/^\d+$/),
    });
  }
});

test('a rule’s page shows its state, summary, runbook, panel and labels', async ({ page }) => {
  await page.goto('/alerting/grafana/numalens-remote-dram-warning/view?tab=details');
  const rule = page.getByRole('main');
  await expect(rule).toContainText(/Remote DRAM access \(warning\)\s*(Normal|Pending|Firing|Recovering)/);
  await expect(rule.getByRole('link', { name: /runbooks\/remote-access\.md/ })).toBeVisible();
  await expect(rule.getByRole('link', { name: 'View panel' })).toHaveAttribute(
    'href',
    /numalens-is-it-numa.*viewPanel=7/
  );
  await expect(rule).toContainText(/severity\s*warning/);
  await expect(rule).toContainText(/team\s*numalens/);
  await expect(rule).toContainText(/Alert state if no data or all values are null\s*OK/);
});

test('the rules are listed, at both severities', async ({ page }) => {
  await page.goto('/alerting/list');
  await page.getByTestId('data-testid group-collapse-toggle').first().click();
  for (const severity of ['warning', 'critical']) {
    await expect(page.getByText(`Remote DRAM access (${severity})`).first()).toBeVisible();
  }
});

test('the panel shows the state of its rule', async ({ gotoDashboardPage }) => {
  // Grafana shows it only where the time range ends now.
  const now = new URLSearchParams({ from: 'now-15m', to: 'now', refresh: '' });
  const dashboard = await gotoDashboardPage({ uid: 'numalens-is-it-numa', queryParams: now });
  const panel = await panelOf(dashboard, 'Remote share of DRAM loads, by node');
  await expect(panel.locator('.panel-alert-icon')).toBeVisible();
});
