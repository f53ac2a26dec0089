import { FieldType, toDataFrame } from '@grafana/data';
import { axisOf, linesOf } from './axis';
import { Figure, exactText, exactly, keyOf, labelsText, ofText, readKey, toFigures, valueText } from './model';

const figure = (part: Partial<Figure> = {}): Figure => ({
  ms: 0,
  timeIs: 'relative',
  name: 'node-loads',
  scope: 'node',
  instance: '0',
  kind: 'count',
  value: 1234567,
  unit: '1',
  file: 'perf.csv',
  line: 3,
  ...part,
});

test('the frame becomes rows, and null stays null with its word', () => {
  const frame = toDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [1000, 2000] },
      { name: 'time_is', values: ['relative', 'capture'] },
      { name: 'name', values: ['a', 'b'] },
      { name: 'scope', values: ['node', 'host'] },
      { name: 'instance', values: ['0', null] },
      { name: 'value', values: [5, null] },
      { name: 'why', values: [null, '<not counted>'] },
      { name: 'unit', values: ['1', 'bytes'] },
      { name: 'file', values: ['x', 'y'] },
      { name: 'line', values: [1, 2] },
    ],
    meta: {
      custom: { numalens: { rows: 7, scopes: { node: 1 }, files: { x: 1 } } },
      notices: [{ severity: 'info', text: 'n' }],
    },
  });
  const { figures } = toFigures([frame]);
  expect(figures).toMatchObject({ found: 7, scopes: { node: 1 }, notices: ['n'] });
  expect(figures?.rows[1]).toMatchObject({ value: undefined, why: '<not counted>', instance: undefined, line: 2 });
  expect(exactText(figures!.rows[1])).toBe('<not counted>');
});

test('no frame is the reason why', () => {
  const none = toDataFrame({ fields: [], meta: { notices: [{ severity: 'warning', text: 'It was not imported.' }] } });
  expect(toFigures([none]).problem).toBe('It was not imported.');
});

test('values keep their digits and units', () => {
  expect(valueText(1234567, '1')).toBe('1,234,567');
  expect(valueText(104857600, 'bytes')).toBe('100 MiB');
  expect(valueText(2.5, 'frob')).toBe('2.50 frob');
  expect(exactText(figure({ unit: 'bytes' }))).toBe('1,234,567 bytes');
  expect(ofText(figure({ scope: 'host', instance: undefined }))).toBe('host');
  expect(labelsText('{"symbol":"spin","node":"1"}')).toBe('symbol: spin · node: 1');
});

test('a row is known again by its key, and an address that was changed is none', () => {
  const row = figure({ device: 'imc_0', labels: '{"a":"b"}' });
  expect(readKey(keyOf(row))).toMatchObject({ name: 'node-loads', instance: '0', device: 'imc_0', file: 'perf.csv' });
  for (const wrong of [undefined, '', 'x', '[]', '[1,2,3,4,5,6]', '{}']) {
    expect(readKey(wrong)).toBeUndefined();
  }
});

test('an expression finds exactly a name', () => {
  const name = 'LLC-loads (a|b)*[0].x+?$^{1}\\';
  expect(new RegExp(exactly(name)).test(name)).toBe(true);
  expect(new RegExp(exactly('a.b')).test('axb')).toBe(false);
});

test('the axis is round, and holds 0 and what is below', () => {
  expect(axisOf([354, 133])).toEqual({ low: 0, high: 400, ticks: [0, 100, 200, 300, 400] });
  expect(axisOf([-5, 5])).toMatchObject({ low: -5, high: 5 });
  expect(axisOf([]).ticks.length).toBeGreaterThan(1);
  expect(axisOf([0, 0]).high).toBeGreaterThan(0);
});

test('what is missing breaks the line', () => {
  const rows = [1, undefined, 2, 3].map((value, ms) => figure({ value, ms }));
  expect(linesOf(rows).map((l) => l.map((r) => r.value))).toEqual([[1], [2, 3]]);
});
