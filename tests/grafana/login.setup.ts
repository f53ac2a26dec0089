import { expect, test } from '@grafana/plugin-e2e';
import { ADMIN, SESSION } from './playwright.config';

test('login', async ({ request }) => {
  const answer = await request.post('/login', { data: ADMIN });
  expect(answer.ok(), `login as ${ADMIN.user}: ${answer.status()}; set GRAFANA_USER and GRAFANA_PASSWORD`).toBe(true);
  await request.storageState({ path: SESSION });
});
