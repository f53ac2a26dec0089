import { FieldType, toDataFrame } from '@grafana/data';
import { bench1, small } from './fixture';
import { heatmapOf } from './fixtureframes';
import { toModel } from './model';

test('128 CPUs stand in four groups, with a volume for each value', () => {
  const h = heatmapOf(bench1, 'fault_remote_share', 'cpu');
  expect(h.rows).toHaveLength(128);
  expect(h.groups).toEqual([
    { first: 0, count: 32, socket: '0', node: '0' },
    { first: 32, count: 32, socket: '0', node: '1' },
    { first: 64, count: 32, socket: '1', node: '2' },
    { first: 96, count: 32, socket: '1', node: '3' },
  ]);
  expect(h.rows[1]).toMatchObject({ label: 'CPU 64', cpu: '64', node: '0', socket: '0', instance: 64 });
  expect(h.rows.every((r) => r.volumes?.length === r.values.length)).toBe(true);
  expect(h.columnMs).toBe(600);
  expect(h.metric.kind).toBe('share');
});

test('a rate has no volumes; a node is its own group', () => {
  const h = heatmapOf(bench1, 'numa_hit', 'node');
  expect(h.rows.map((r) => [r.label, r.instance, r.volumes])).toEqual(
    [0, 1, 2, 3].map((n) => [`node ${n}`, n, undefined])
  );
  expect(h.groups).toHaveLength(4);
});

test('two CPUs, one node', () => {
  expect(heatmapOf(small, 'fault_remote_share', 'cpu').groups).toEqual([
    { first: 0, count: 2, socket: '0', node: '0' },
  ]);
});

describe('what cannot be drawn says why', () => {
  const meta = { custom: { numalens: { view: 'heatmap', metric: { title: 'Minor faults' } } } };
  const time = { name: 'time', type: FieldType.time, values: [] as number[] };

  test.each([
    ['no frame', [], 'The query gave no data.'],
    [
      'a notice',
      [toDataFrame({ fields: [time], meta: { notices: [{ severity: 'info', text: 'The run began later.' }] } })],
      'The run began later.',
    ],
    ['no rows', [toDataFrame({ fields: [time], meta })], 'There is no data of “Minor faults” in this time range.'],
    [
      'no numbers',
      [toDataFrame({ fields: [{ ...time, values: [1] }] })],
      'The heatmap needs number fields, one for each row; the query gave none.',
    ],
    ['a table', [toDataFrame({ fields: [{ name: 'host', values: ['a'] }] })], 'a table without time'],
  ])('%s', (_, frames, words) => {
    expect(toModel(frames).problem).toContain(words);
  });
});

test('a wide frame of another source is drawn as a gauge, without cell queries', () => {
  const frame = toDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [1000, 2000, 3000] },
      { name: 'volume', type: FieldType.number, values: [1, null, 3], config: { unit: 'bytes' } },
    ],
  });
  const { heatmap } = toModel([frame]);
  expect(heatmap).toMatchObject({ columnMs: 1000, metric: { kind: 'gauge', unit: 'bytes', title: 'volume' } });
  expect(heatmap?.rows[0].instance).toBeUndefined();
});
