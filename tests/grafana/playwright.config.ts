import { defineConfig } from '@playwright/test';

// A Grafana 12.4 or later with dist/ and provisioning/, whose NUMALENS_EXAMPLE is
// testdata/exports/fournode. GRAFANA_URL names it; docs/install.md says more.
const url = process.env.GRAFANA_URL;
if (!url) {
  throw new Error('GRAFANA_URL is not set; name a Grafana with numalens in it, e.g. http://127.0.0.1:3000');
}
export const ADMIN = {
  user: process.env.GRAFANA_USER ?? 'admin',
  password: process.env.GRAFANA_PASSWORD ?? 'admin',
};
/** Where the cookies of the login lie; cleared with each run. */
export const SESSION = '../../test-results/grafana/session.json';

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results/grafana',
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 1,
  use: {
    baseURL: url,
    viewport: { width: 1400, height: 1000 },
    timezoneId: 'UTC',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update'],
    },
  },
  projects: [
    { name: 'login', testMatch: /login\.setup\.ts/ },
    { name: 'stories', dependencies: ['login'], use: { storageState: SESSION } },
  ],
});
