import { formatSpan, formatTime, timeTicks } from './timeaxis';

const noon = Date.UTC(2026, 10, 24, 12, 0, 0);

test('ticks are round and far enough apart', () => {
  const ticks = timeTicks(noon + 100, noon + 120_000, 1200, 'utc');
  expect(ticks[0]).toEqual({ ms: noon + 10_000, label: '12:00:10' });
  expect(ticks).toHaveLength(12);
  for (const width of [120, 400, 1000, 2500]) {
    const t = timeTicks(noon, noon + 7_200_000, width, 'utc');
    expect((t[1].ms - t[0].ms) / (7_200_000 / width)).toBeGreaterThanOrEqual(90);
  }
});

test('days begin at midnight of the time zone', () => {
  const [first] = timeTicks(noon, noon + 10 * 86_400_000, 1000, 'Asia/Kolkata');
  expect(first.label).toBe('11-25');
  expect(first.ms).toBe(Date.UTC(2026, 10, 24, 18, 30));
});

test('milliseconds show where columns are that fine', () => {
  expect(timeTicks(noon, noon + 500, 1000, 'utc')[1].label).toBe('12:00:00.050');
  expect(formatTime(noon + 600, 600, 'utc')).toBe('12:00:00.600');
  expect(formatTime(noon + 1000, 1000, 'utc')).toBe('12:00:01');
});

test('an empty range has no ticks', () => {
  expect(timeTicks(noon, noon, 100, 'utc')).toEqual([]);
  expect(timeTicks(noon, noon + 1, 0, 'utc')).toEqual([]);
});

test('spans', () => {
  expect([200, 600, 1000, 90_000, 7_200_000].map(formatSpan)).toEqual(['200 ms', '600 ms', '1 s', '1.5 min', '2 h']);
});
