import { cellAt, describe as describeCell, formatValue, volumeText } from './describe';
import { bench1 } from './fixture';
import { heatmapOf } from './fixtureframes';
import { reduce } from './reduce';

test('a volume class is a span of counts', () => {
  expect([0, 1, 2, 3, 10].map(volumeText)).toEqual(['0', '1', '2–3', '4–7', '512–1,023']);
});

test('values carry their unit', () => {
  expect(formatValue('percentunit', 0.031)).toBe('3.10%');
  expect(formatValue('suffix: pages/s', 1200)).toBe('1200 pages/s');
});

test('a rate: counts and time once known; before, the line keeps its place', () => {
  const h = heatmapOf(bench1, 'context_switches', 'cpu');
  const grid = reduce(h, 1000, 500);
  const cell = cellAt(grid, 0, 0);
  expect(describeCell(h, grid, cell, undefined, 'utc').counts).toBe('…');
  const counts = { value: 2, numerator: 1200, denominator: null, seconds: 0.6004, runningShare: 1 };
  expect(describeCell(h, grid, cell, counts, 'utc')).toMatchObject({
    title: 'CPU 0',
    place: 'node 0 · socket 0',
    counts: '1,200 in 600 ms',
    notes: [],
  });
});

test('a reduced cell says of how much it is the worst', () => {
  const h = heatmapOf(bench1, 'fault_remote_share', 'cpu', 4000, 2_400_000);
  const grid = reduce(h, 500, 60);
  const { notes } = describeCell(h, grid, cellAt(grid, 5, 5), undefined, 'utc');
  expect(notes).toEqual(['from fault samples (rung 3)', 'the worst of 3 CPUs × 8 columns']);
});

test('the recorded command only, and an emulated machine', () => {
  const h = { ...heatmapOf(bench1, 'numa_hit', 'node'), scope: 'process_cpu' as const, emulated: 'QEMU TCG' };
  const grid = reduce(h, 1000, 500);
  const d = describeCell(h, grid, cellAt(grid, 0, 0), undefined, 'utc');
  expect(d.title).toBe('node 0');
  expect(d.place).toBe('socket 0');
  expect(d.notes).toEqual(['from placement (rung 5)', 'the recorded command only', 'emulated: QEMU TCG']);
});
