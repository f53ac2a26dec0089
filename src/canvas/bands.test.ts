import { labelStep, layBands, rowAt, rowSpan, socketSpans } from './bands';

// Two sockets of two nodes, 32 CPUs a node.
const groups = [0, 1, 2, 3].map((n) => ({ first: n * 32, count: 32, node: String(n), socket: String(n >> 1) }));

test('bands fill the height and leave a wider gap between sockets', () => {
  const bands = layBands(groups, 400);
  expect(bands[3].top + bands[3].height).toBeCloseTo(400);
  const gap = (i: number) => bands[i].top - (bands[i - 1].top + bands[i - 1].height);
  expect(gap(1)).toBeCloseTo(5);
  expect(gap(2)).toBeCloseTo(11);
});

test('gaps give way when there is little height', () => {
  const bands = layBands(groups, 20);
  expect(bands.reduce((sum, b) => sum + b.height, 0)).toBeCloseTo(16);
});

test('a row is found by its middle, and a gap belongs to a neighbour', () => {
  const bands = layBands(groups, 400);
  for (const row of [0, 31, 32, 64, 127]) {
    const span = rowSpan(bands, row)!;
    expect(rowAt(bands, span.top + span.height / 2)).toBe(row);
  }
  expect(rowAt(bands, bands[1].top - 2)).toBe(32);
  expect(rowAt(bands, -1)).toBeUndefined();
  expect(rowAt(bands, 401)).toBeUndefined();
  expect(rowAt([], 5)).toBeUndefined();
});

test('sockets span their nodes', () => {
  expect(socketSpans(layBands(groups, 400)).map((s) => s.socket)).toEqual(['0', '1']);
});

test('labels thin out in powers of two', () => {
  const [band] = layBands(groups, 400);
  expect(labelStep(band, 11)).toBe(4);
  expect(labelStep({ ...band, height: 32 * 14 }, 12)).toBe(1);
});

test('no rows, no bands', () => {
  expect(layBands([], 100)).toEqual([]);
  expect(layBands(groups, 0)).toEqual([]);
});
