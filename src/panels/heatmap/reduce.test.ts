import { Heatmap } from './model';
import { bench1 } from './fixture';
import { heatmapOf } from './fixtureframes';
import { MISSING, NOTHING, VALUE, reduce, robustMax } from './reduce';

/** A heatmap drawn as text: one line a row, one number or "." (missing) a column. */
function drawn(values: string, volumes?: string, node: string[] = []): Heatmap {
  const parse = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) =>
        line
          .trim()
          .split(/\s+/)
          .map((v) => (v === '.' ? null : Number(v)))
      );
  const v = parse(values);
  const n = volumes === undefined ? undefined : parse(volumes);
  const base = heatmapOf(bench1, 'fault_remote_share', 'node');
  const rows = v.map((row, i) => ({
    label: `row ${i}`,
    node: node[i] ?? '0',
    instance: i,
    values: row,
    volumes: n?.[i],
  }));
  const groups = [...new Set(rows.map((r) => r.node))].map((name) => ({
    first: rows.findIndex((r) => r.node === name),
    count: rows.filter((r) => r.node === name).length,
    node: name,
  }));
  return { ...base, columnMs: 100, times: v[0].map((_, i) => 1000 + 100 * i), rows, groups };
}

test('with room for all, every cell stands for itself', () => {
  const h = heatmapOf(bench1, 'fault_remote_share', 'cpu');
  const g = reduce(h, 1000, 500);
  expect([g.rows, g.columns, g.perRow, g.perColumn]).toEqual([128, 100, 1, 1]);
  const i = 70 * g.columns + 60;
  expect([g.row[i], g.column[i], g.value[i]]).toEqual([70, 60, h.rows[70].values[60]]);
});

test('the worst is kept, and a null hides nothing', () => {
  const g = reduce(drawn('1 9 . 2 . .'), 3, 10);
  expect(Array.from(g.value)).toEqual([9, 2, NaN]);
  expect(Array.from(g.state)).toEqual([VALUE, VALUE, MISSING]);
  expect(Array.from(g.column).slice(0, 2)).toEqual([1, 3]);
});

test('three remote accesses do not beat a thousand half remote ones', () => {
  const g = reduce(drawn('1 0.5', '2 10'), 1, 10);
  expect([g.value[0], g.volume[0], g.column[0]]).toEqual([0.5, 10, 1]);
});

test('of wholly local cells the busiest is kept', () => {
  expect(reduce(drawn('0 0 0', '1 9 2'), 1, 10).column[0]).toBe(1);
});

test('nothing happened is not the same as not known', () => {
  const g = reduce(drawn('. . .', '0 . 0'), 3, 10);
  expect(Array.from(g.state)).toEqual([NOTHING, MISSING, NOTHING]);
  expect(reduce(drawn('. .', '. 0'), 1, 10).state[0]).toBe(NOTHING);
});

test('rows are reduced within their node only', () => {
  const g = reduce(drawn('1\n5\n2\n7\n3', undefined, ['0', '0', '0', '1', '1']), 10, 3);
  expect(g.perRow).toBe(2);
  expect(g.groups.map((b) => [b.first, b.count])).toEqual([
    [0, 2],
    [2, 1],
  ]);
  expect(Array.from(g.value)).toEqual([5, 2, 7]);
});

test('buckets lie on multiples of their width, so that a sliding range keeps them', () => {
  const h = drawn('1 2 3 4 5 6');
  const slid = { ...h, times: h.times.map((t) => t + 100) };
  expect(reduce(h, 3, 10).from).toBe(1000);
  const g = reduce(slid, 3, 10);
  expect(g.from).toBe(1000);
  expect(g.columns).toBe(4);
  expect(Array.from(g.value)).toEqual([1, 3, 5, 6]);
});

test('never more cells than pixels, and the hot cell survives', () => {
  const h = heatmapOf(bench1, 'context_switches', 'cpu', 4000, 4_000_000);
  const hot = {
    ...h,
    rows: h.rows.map((r, i) =>
      i === 77 ? { ...r, values: Array.from(r.values, (v, c) => (c === 1234 ? 99_999 : v)) } : r
    ),
  };
  const g = reduce(hot, 300, 60);
  expect(g.rows).toBeLessThanOrEqual(60);
  expect(g.columns).toBeLessThanOrEqual(301);
  const i = g.value.indexOf(99_999);
  expect([g.row[i], g.column[i]]).toEqual([77, 1234]);
});

test('the maximum ignores a few outliers and is round', () => {
  const many = Array.from({ length: 300 }, (_, i) => 10 + (i % 10));
  expect(robustMax(drawn(many.join(' ')))).toBe(20);
  expect(robustMax(drawn([...many, 5000].join(' ')))).toBe(20);
  expect(robustMax(drawn('0 0 0 0 3'))).toBe(3);
  expect(robustMax(drawn('0 . 0'))).toBe(1);
});
