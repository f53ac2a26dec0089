import { Run } from '../src/datasource/datasource';
import { chooseGallery, commonMax, shownMetric } from './gallery';

const run = (host: string, startMs: number, more: Partial<Run> = {}) =>
  ({ host, run: `${host}-${startMs}`, startMs, state: 'sealed', labels: null, ...more }) as Run;

test('what records comes first, then each host’s runs as they were made', () => {
  const runs = [run('b', 5), run('a', 9), run('a', 3), run('z', 7, { state: 'recording' })];
  expect(chooseGallery(runs).map((r) => r.run)).toEqual(['z-7', 'a-3', 'a-9', 'b-5']);
});

test('the oldest are left out', () => {
  const runs = Array.from({ length: 20 }, (_, i) => run('a', i));
  expect(chooseGallery(runs, 3).map((r) => r.startMs)).toEqual([17, 18, 19]);
});

test('pictures of one metric share a scale', () => {
  const tops = { x: { metric: 'hitm', max: 900 }, y: { metric: 'hitm', max: 2 }, z: { metric: 'ipc', max: 4 } };
  expect(commonMax(tops, 'hitm')).toBe(900);
  expect(commonMax(tops, 'ipc')).toBe(4);
  expect(commonMax({}, 'ipc')).toBeUndefined();
});

test('a label says what a run is to be looked at for', () => {
  expect(shownMetric(run('a', 1, { labels: { shows: 'hitm' } }))).toBe('hitm');
  expect(shownMetric(run('a', 1))).toBeUndefined();
});
