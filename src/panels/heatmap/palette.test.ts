import { pixel } from '../../canvas/colour';
import { bench1 } from './fixture';
import { heatmapOf } from './fixtureframes';
import { makePalette, pixels } from './palette';
import { reduce } from './reduce';

const share = heatmapOf(bench1, 'fault_remote_share', 'cpu');

test('a pixel for each cell: missing is transparent, nothing is not', () => {
  const gone = { ...share, rows: share.rows.map((r) => ({ ...r, values: r.values, volumes: r.volumes })) };
  gone.rows[0] = { ...gone.rows[0], values: [null, null, 1, 1], volumes: [null, 0, 1, 12] };
  gone.times = gone.times.slice(0, 4);
  const grid = reduce(gone, 100, 200);
  const palette = makePalette(true, true, 1, true);
  const [missing, nothing, one, many] = pixels(grid, palette);
  expect(missing).toBe(0);
  expect(nothing).toBe(pixel(palette.ground));
  expect(many).toBe(pixel(palette.scale(1)));
  expect(one).not.toBe(many);
});

test('a value above the maximum takes the last colour', () => {
  const h = heatmapOf(bench1, 'numa_hit', 'node');
  const palette = makePalette(false, false, 0.001, false);
  expect(pixels(reduce(h, 1000, 100), palette)[0]).toBe(pixel(palette.scale(1)));
});
