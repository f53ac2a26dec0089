import { DashboardPage, expect } from '@grafana/plugin-e2e';
import { Page } from '@playwright/test';

// The run of testdata/exports/fournode, as the provisioned data source
// numalens-example shows it: 30 s, four nodes; in the middle third the CPUs of
// node 2 turn to remote memory.
export const EXAMPLE = 'numalens-example';
export const HOST = 'fournode';
export const START = Date.UTC(2026, 10, 24, 6, 50, 40);
export const END = START + 30_000;
export const INCIDENT = START + 15_000;

/** Where a dashboard shows the example. */
export const place = (more: Record<string, string> = {}) =>
  new URLSearchParams({ 'var-datasource': EXAMPLE, from: String(START), to: String(END), refresh: '', ...more });

export const IS_IT_NUMA = { uid: 'numalens-is-it-numa', queryParams: place() };
export const HOST_DASHBOARD = { uid: 'numalens-host', queryParams: place() };

/** The panel of a title, brought into view: Grafana draws none before. */
export async function panelOf(dashboard: DashboardPage, title: string) {
  const panel = dashboard.getPanelByTitle(title);
  // Until the dashboard is loaded there is nothing to scroll to.
  await expect(dashboard.ctx.page.getByTestId(/Panel header/).first()).toBeVisible({ timeout: 60_000 });
  await panel.scrollIntoView();
  await expect(panel.locator).toBeVisible();
  return panel.locator;
}

/** One parameter of the page's address. */
export const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
