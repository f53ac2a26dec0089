import { defineConfig } from '@playwright/test';

// The workbench, served by the real program over a recording whose numbers are
// known. WORKBENCH_URL tests a server that is already there, over the same one.
const PORT = 8399;
export const NUMALENS = process.env.NUMALENS ?? 'bin/numalens';
export const EXPORTS = process.env.WORKBENCH_EXPORTS ?? 'testdata/exports/fournode';
const url = process.env.WORKBENCH_URL ?? `http://127.0.0.1:${PORT}/`;

/** The recorded runs of an emulated machine, of which there are several. */
const RECORDED_PORT = 8398;
export const RECORDED_URL = `http://127.0.0.1:${RECORDED_PORT}/`;

/** A run that traced allocations, made up. */
const TRACED_PORT = 8397;
export const TRACED = 'testdata/exports/traced';
export const TRACED_URL = `http://127.0.0.1:${TRACED_PORT}/`;

const serve = (port: number, exports: string) => ({
  command: `${NUMALENS} view --listen 127.0.0.1:${port} ${exports}`,
  url: `http://127.0.0.1:${port}/`,
  reuseExistingServer: false,
  timeout: 30_000,
});

export default defineConfig({
  testDir: 'tests/workbench',
  outputDir: 'test-results',
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  use: {
    baseURL: url,
    viewport: { width: 1400, height: 900 },
    timezoneId: 'UTC',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: [
    ...(process.env.WORKBENCH_URL ? [] : [serve(PORT, EXPORTS)]),
    serve(RECORDED_PORT, 'testdata/exports/guest'),
    serve(TRACED_PORT, TRACED),
  ],
});
