import { Run } from '../src/datasource/datasource';
import { asTimeRange, rawOf, refreshOf, spanOf } from './range';

const now = Date.now();
const recording = { state: 'recording', startMs: now - 600_000, endMs: null } as Run;
const sealed = { state: 'sealed', startMs: 1000.4, endMs: 61_000.2 } as Run;

test('a recording run is live, unless told otherwise', () => {
  expect(refreshOf({}, recording)).toBe('1s');
  expect(refreshOf({ live: 'off' }, recording)).toBe('off');
  expect(refreshOf({ from: '1', to: '2' }, recording)).toBe('off');
  expect(refreshOf({}, sealed)).toBe('off');
  expect(refreshOf({ live: '1s' }, sealed)).toBe('off');
  expect(refreshOf({}, undefined)).toBe('off');
});

test('live shows the last two minutes, or what there is of a young run', () => {
  const s = spanOf({}, recording, true, now);
  expect(s.to - s.from).toBeGreaterThan(119_000);
  expect(s.to - s.from).toBeLessThan(121_000);
  expect(spanOf({}, { ...recording, startMs: now - 50_000 }, true, now).from).toBe(now - 50_000);
  expect(spanOf({}, { ...recording, startMs: now - 2000 }, true, now).from).toBe(now - 20_000);
});

test('a sealed run is shown whole', () => {
  expect(spanOf({}, sealed, false, now)).toMatchObject({ from: 1000, to: 61_001 });
});

test('a live page whose run has ended shows it whole', () => {
  expect(spanOf({ from: 'now-2m', to: 'now' }, sealed, false, now)).toMatchObject({ from: 1000, to: 61_001 });
});

test('what is asked for is shown', () => {
  expect(spanOf({ from: '2000', to: '3000' }, sealed, false, now)).toMatchObject({ from: 2000, to: 3000 });
  expect(spanOf({ from: '3000', to: '2000' }, sealed, false, now)).toMatchObject({ from: 3000, to: 3001 });
});

test('the picker’s times and back', () => {
  for (const raw of [
    { from: 'now-2m', to: 'now' },
    { from: '2000', to: '3000' },
  ]) {
    expect(rawOf(asTimeRange(spanOf(raw, recording, false, now)))).toEqual(raw);
  }
});
