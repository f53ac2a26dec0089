import { bench1, small } from './fixture';
import { boxOf, centre, hit } from './hit';
import { layOut, rowText, timeToX, xToTime } from './layout';
import { heatmapOf } from './fixtureframes';
import { step } from './pointer';
import { reduce } from './reduce';

const h = heatmapOf(bench1, 'fault_remote_share', 'cpu');
const page = { width: 1000, height: 500, compact: false, pixelRatio: 1, groups: h.groups, rows: h.rows };
const layout = layOut({ ...page, from: h.times[0], to: h.times[0] + 60_000 });

test('time to x and back', () => {
  for (const t of [layout.from, layout.from + 12_345, layout.to]) {
    expect(xToTime(layout, timeToX(layout, t))).toBeCloseTo(t, 3);
  }
  expect(timeToX(layout, layout.to)).toBe(layout.plot.left + layout.plot.width);
});

test('the middle of each cell is that cell, reduced or not', () => {
  for (const grid of [reduce(h, 1000, 500), reduce(h, 30, 50)]) {
    for (const cell of [
      { row: 0, column: 0 },
      { row: grid.rows - 1, column: grid.columns - 1 },
      { row: grid.rows >> 1, column: grid.columns >> 1 },
    ]) {
      const { x, y } = centre(boxOf(layout, grid, cell)!);
      expect(hit(layout, grid, x, y)).toEqual(cell);
    }
  }
});

test('where the run has no columns there is no cell', () => {
  const wide = layOut({ ...page, from: h.times[0] - 60_000, to: h.times[0] + 60_000 });
  const grid = reduce(h, 1000, 500);
  expect(hit(wide, grid, wide.plot.left + 10, 100)).toBeUndefined();
  expect(hit(wide, grid, 5, 100)).toBeUndefined();
  expect(hit(wide, grid, wide.plot.left + wide.plot.width - 10, 100)).toBeDefined();
});

test('beside its node a CPU is a number; a node keeps its name', () => {
  expect(rowText(h.rows[1])).toBe('64');
  expect(rowText(heatmapOf(bench1, 'numa_hit', 'node').rows[1])).toBe('node 1');
});

test('a narrow page keeps room for the plot', () => {
  const s = heatmapOf(small, 'fault_remote_share', 'cpu');
  for (const width of [60, 200, 400]) {
    const narrow = layOut({ ...page, width, height: 80, groups: s.groups, rows: s.rows, from: 0, to: 1 });
    expect(narrow.plot.width).toBeGreaterThan(0);
    expect(narrow.plot.left).toBeLessThanOrEqual(width / 2);
  }
});

test('arrow keys stay inside', () => {
  const grid = reduce(h, 1000, 500);
  expect(step(grid, undefined, 'ArrowLeft', 1)).toEqual({ row: 0, column: grid.columns - 1 });
  expect(step(grid, { row: 0, column: 0 }, 'ArrowUp', 1)).toEqual({ row: 0, column: 0 });
  expect(step(grid, { row: 3, column: 5 }, 'ArrowDown', 10)).toEqual({ row: 13, column: 5 });
  expect(step(grid, { row: 3, column: 5 }, 'End', 1)).toEqual({ row: 3, column: grid.columns - 1 });
  expect(step(grid, { row: 3, column: 5 }, 'x', 1)).toBeUndefined();
});
