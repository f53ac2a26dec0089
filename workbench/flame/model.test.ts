import { FieldType, createDataFrame, dataFrameFromJSON } from '@grafana/data';
import { flameResponse } from '../tracedfixture';
import { describe as tell, percent } from './describe';
import { fitting } from './draw';
import { ROW, hit, layOut, placedOf, step } from './layout';
import { Flame, findPath, pathOf, toFlame } from './model';

/** A small flame as text: a line a box, indented by its level, with its value. */
function flameOf(text: string): Flame {
  const lines = text.trim().split('\n');
  const base = lines[0].search(/\S/);
  const boxes = lines.map((line) => {
    const [, indent, label, value] = /^(\s*)(.*?)\s+(\d+)$/.exec(line)!;
    return { level: (indent.length - base) / 2, label, value: Number(value) };
  });
  const column = (name: string, type: FieldType, values: unknown[]) => ({ name, type, values });
  const frame = createDataFrame({
    meta: { custom: { numalens: { metric: { name: 'allocations.page', title: 'Pages' }, boxes: 40 } } },
    fields: [
      column(
        'level',
        FieldType.number,
        boxes.map((b) => b.level)
      ),
      {
        ...column(
          'value',
          FieldType.number,
          boxes.map((b) => b.value)
        ),
        config: { unit: 'bytes' },
      },
      column(
        'self',
        FieldType.number,
        boxes.map(() => 0)
      ),
      column(
        'label',
        FieldType.string,
        boxes.map((b) => b.label)
      ),
      column(
        'node',
        FieldType.string,
        boxes.map((b) => /\d/.exec(b.label)?.[0] ?? null)
      ),
      column(
        'remote',
        FieldType.number,
        boxes.map((b) => (b.label === 'node 1' ? 0.25 : null))
      ),
    ],
  });
  return toFlame([frame]).flame!;
}

const flame = flameOf(`
all 100
  node 0 60
    main 50
      read 30
      write 15
    idle 10
  node 1 40
    main 40
`);
const index = (...labels: string[]) => findPath(flame.boxes, ['all', ...labels]);

test('a box starts where the one before it ends', () => {
  const starts = flame.boxes.map((b) => `${b.label} ${b.start}-${b.start + b.value}`);
  expect(starts).toEqual([
    'all 0-100',
    'node 0 0-60',
    'main 0-50',
    'read 0-30',
    'write 30-45',
    'idle 50-60',
    'node 1 60-100',
    'main 60-100',
  ]);
  expect([flame.depth, flame.nodes, flame.found, flame.unit]).toEqual([4, ['0', '1'], 40, 'bytes']);
  expect(pathOf(flame.boxes, 4).map((b) => b.label)).toEqual(['all', 'node 0', 'main', 'write']);
});

test('a path is found again in other data, as far as it goes', () => {
  expect(index('node 1', 'main')).toBe(7);
  expect(index('node 0', 'gone', 'read')).toBe(1);
  expect(index()).toBe(0);
});

test('what is zoomed into is as wide as the picture, and what it stands on as well', () => {
  const layout = layOut(flame, index('node 0', 'main'), 500);
  const spans = layout.rows.flat().map((p) => [p.box.label, p.left, p.width, p.base]);
  expect(spans).toEqual([
    ['all', 0, 500, true],
    ['node 0', 0, 500, true],
    ['main', 0, 500, false],
    ['read', 0, 300, false],
    ['write', 300, 150, false],
  ]);
});

test('boxes too narrow to see are left out with all above them', () => {
  const labels = layOut(flame, 0, 3)
    .rows.flat()
    .map((p) => p.box.label);
  expect(labels).toEqual(
    ['all', 'node 0', 'node 1', 'main', 'main', 'read'].sort((a, b) => labels.indexOf(a) - labels.indexOf(b))
  );
  expect(
    layOut(flame, 0, 3)
      .rows.flat()
      .every((p) => p.width >= 0.7)
  ).toBe(true);
});

test('the box under the pointer', () => {
  const layout = layOut(flame, 0, 1000);
  expect(hit(layout, 310, 3 * ROW + 5)?.box.label).toBe('write');
  expect(hit(layout, 650, 2 * ROW)?.box.index).toBe(7);
  expect(hit(layout, 700, 3 * ROW + 5)).toBeUndefined();
  expect(hit(layout, 470, 3 * ROW + 5)).toBeUndefined(); // main's own
  expect(hit(layout, 1200, 5)).toBeUndefined();
  expect(hit(layout, 5, -3)).toBeUndefined();
});

test('arrow keys go along the tree, and stay where there is nothing', () => {
  const layout = layOut(flame, 0, 1000);
  const from = (start: number | undefined, key: string) => step(layout, flame.boxes, start, key, 0);
  expect(from(undefined, 'ArrowDown')).toBe(0);
  expect(from(0, 'ArrowDown')).toBe(1);
  expect(from(1, 'ArrowRight')).toBe(6);
  expect(from(6, 'ArrowLeft')).toBe(1);
  expect(from(6, 'ArrowUp')).toBe(0);
  expect(from(0, 'ArrowUp')).toBe(0);
  expect(from(1, 'a')).toBeUndefined();
  expect(placedOf(layout, 4)?.left).toBe(300);
});

test('the tooltip’s words', () => {
  const { boxes } = flame;
  expect(tell(flame, boxes[6], boxes[0])).toEqual({
    title: 'node 1',
    value: '40 B',
    lines: ['40.0 % of all', '25.0 % of it on another node than the CPU’s'],
  });
  expect(tell(flame, boxes[3], boxes[1]).lines).toEqual([
    '30.0 % of all',
    '50.0 % of node 0',
    'node not known',
    'not known if remote',
  ]);
  expect([0, 0.0001, 0.123, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '12.3 %', '100 %']);
});

test('a label gives up its package’s path before its end', () => {
  const measure = (text: string) => text.length;
  const label = 'github.com/x/y.(*Pool).Get';
  expect(fitting(label, 30, measure)).toBe(label);
  expect(fitting(label, 14, measure)).toBe('y.(*Pool).Get');
  expect(fitting(label, 6, measure)).toBe('y.(*P…');
  expect(fitting(label, 1, measure)).toBe('');
});

test('the whole fixture: children never overrun their parents', () => {
  const { boxes } = toFlame(flameResponse({}).results.A.frames.map((f) => dataFrameFromJSON(f as never))).flame!;
  for (const box of boxes.slice(1)) {
    const parent = boxes[box.parent];
    expect(parent.level).toBe(box.level - 1);
    expect(box.start).toBeGreaterThanOrEqual(parent.start);
    expect(box.start + box.value).toBeLessThanOrEqual(parent.start + parent.value);
  }
});

test('nothing to draw is a sentence', () => {
  expect(toFlame([]).problem).toBe('The query gave no stacks.');
  expect(
    toFlame(flameResponse({ filter: 'nobody' }).results.A.frames.map((f) => dataFrameFromJSON(f as never))).problem
  ).toBe('Nothing of “Pages allocated” is in this time range.');
});
