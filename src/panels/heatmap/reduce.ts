import { Group } from '../../canvas/bands';
import { strength } from '../../canvas/scale';
import { Heatmap } from './model';

// No more cells than pixels: nearest scaling would drop hot cells at random,
// averaging would hide them. Instead the worst cell of each bucket is kept,
// and remembered, so that the tooltip can name it. Buckets of columns lie on
// multiples of their width, so that a sliding range does not make them flicker.
// Buckets of rows never cross a node's border.

/** The numbers behind each pixel of the picture, row by row. */
export interface Grid {
  rows: number;
  columns: number;
  /** Start of the first column and width of one, ms. */
  from: number;
  columnMs: number;
  groups: Group[];
  /** How many rows and columns of the heatmap may stand behind one cell. */
  perRow: number;
  perColumn: number;
  /** NaN where there is no value. */
  value: Float64Array;
  volume: Uint8Array;
  state: Uint8Array;
  /** The heatmap's row and column that the cell shows. */
  row: Int32Array;
  column: Int32Array;
}

/** Nothing is known of the cell. */
export const MISSING = 0;
/** A share whose denominator is 0: nothing happened, which is known. */
export const NOTHING = 1;
export const VALUE = 2;

export function reduce(heatmap: Heatmap, mostColumns: number, mostRows: number): Grid {
  const { times, rows, columnMs } = heatmap;
  const perColumn = Math.max(1, Math.ceil(times.length / Math.max(1, mostColumns)));
  const perRow = Math.max(1, Math.ceil(rows.length / Math.max(1, mostRows)));
  const { groups, bucket } = rowBuckets(heatmap.groups, rows.length, perRow);
  // Which column of all columns since the epoch the first one is.
  const start = Math.round(times[0] / columnMs);
  const firstBucket = Math.floor(start / perColumn);
  const columns = Math.floor((start + times.length - 1) / perColumn) - firstBucket + 1;
  const count = groups.reduce((n, g) => n + g.count, 0);
  const cells = count * columns;
  const grid: Grid = {
    rows: count,
    columns,
    from: times[0] - (start - firstBucket * perColumn) * columnMs,
    columnMs: columnMs * perColumn,
    groups,
    perRow,
    perColumn,
    value: new Float64Array(cells).fill(NaN),
    volume: new Uint8Array(cells),
    state: new Uint8Array(cells),
    row: new Int32Array(cells),
    column: new Int32Array(cells),
  };
  const score = new Float64Array(cells).fill(-Infinity);
  rows.forEach((row, r) => {
    const base = bucket[r] * columns;
    for (let c = 0; c < times.length; c++) {
      const value = row.values[c];
      const volume = row.volumes?.[c];
      const state = value != null && !Number.isNaN(value) ? VALUE : volume === 0 ? NOTHING : MISSING;
      const i = base + Math.floor((start + c) / perColumn) - firstBucket;
      const s = scoreOf(state, value ?? 0, volume, row.volumes !== undefined);
      if (s > score[i]) {
        score[i] = s;
        grid.state[i] = state;
        grid.value[i] = state === VALUE ? (value as number) : NaN;
        grid.volume[i] = volume ?? 0;
        grid.row[i] = r;
        grid.column[i] = c;
      }
    }
  });
  return grid;
}

/**
 * How bad a cell is. A value beats nothing, nothing beats missing. Among
 * shares, three remote accesses do not beat a thousand half remote ones; of
 * wholly local ones the busiest is kept.
 */
function scoreOf(state: number, value: number, volume: number | null | undefined, weighted: boolean): number {
  if (state !== VALUE) {
    return state === NOTHING ? -1e300 : -1e301;
  }
  return weighted ? (value + 1e-6) * strength(volume ?? 0) : value;
}

function rowBuckets(groups: Group[], rows: number, perRow: number): { groups: Group[]; bucket: Int32Array } {
  const bucket = new Int32Array(rows);
  const out: Group[] = [];
  let next = 0;
  for (const g of groups) {
    const count = Math.ceil(g.count / perRow);
    for (let i = 0; i < g.count; i++) {
      bucket[g.first + i] = next + Math.floor(i / perRow);
    }
    out.push({ ...g, first: next, count });
    next += count;
  }
  return { groups: out, bucket };
}

/**
 * The top of a sequential scale: the maximum, unless a few cells tower over
 * the rest; then the 99th percentile of what is above zero. Rounded up, so
 * that a live picture does not change its colours every second.
 */
export function robustMax(heatmap: Heatmap): number {
  const cells = heatmap.rows.length * heatmap.times.length;
  const every = Math.max(1, Math.ceil(cells / SAMPLE));
  const above: number[] = [];
  let max = 0;
  let seen = 0;
  for (const row of heatmap.rows) {
    for (let c = 0; c < row.values.length; c++) {
      const v = row.values[c];
      if (v != null && v > 0) {
        max = Math.max(max, v);
        if (seen++ % every === 0) {
          above.push(v);
        }
      }
    }
  }
  if (max === 0) {
    return 1;
  }
  const sorted = Float64Array.from(above).sort();
  const high = sorted[Math.floor(0.99 * (sorted.length - 1))];
  return roundUp(max <= 2 * high ? max : high);
}

/** Enough values to place a percentile; sorting two million takes longer than drawing them. */
const SAMPLE = 50_000;

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const nice = [1, 1.5, 2, 3, 5, 7.5, 10].find((n) => n * power >= value * 0.999999) ?? 10;
  return nice * power;
}
