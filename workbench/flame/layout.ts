import { Box, Flame } from './model';

// Three spaces: the metric's own (bytes from the left), CSS pixels of the
// picture, and levels from the top. A box that is zoomed into is as wide as
// the picture, and so are those that it stands on.

export const ROW = 20;
/** Narrower boxes are not drawn; together they show as their parent's ground. */
const LEAST = 0.7;

export interface Placed {
  box: Box;
  left: number;
  width: number;
  top: number;
  /** Part of the way from the root to what is zoomed into, wider than it is. */
  base: boolean;
}

export interface Layout {
  width: number;
  height: number;
  /** By level, from left to right. */
  rows: Placed[][];
}

export function layOut(flame: Flame, zoomed: number, width: number): Layout {
  const { boxes } = flame;
  const focus = boxes[zoomed] ?? boxes[0];
  const scale = width / focus.value;
  const rows: Placed[][] = [];
  const put = (box: Box, left: number, w: number, base: boolean) =>
    (rows[box.level] ??= []).push({ box, left, width: w, top: box.level * ROW, base });
  for (let i = focus.parent; i >= 0; i = boxes[i].parent) {
    put(boxes[i], 0, width, true);
  }
  for (let i = focus.index; i < boxes.length && (i === focus.index || boxes[i].level > focus.level);) {
    const box = boxes[i];
    const w = box.value * scale;
    if (w < LEAST) {
      i = after(boxes, i);
      continue;
    }
    put(box, (box.start - focus.start) * scale, w, false);
    i++;
  }
  return { width, height: rows.length * ROW, rows };
}

/** The first box that is not above this one. */
function after(boxes: Box[], index: number): number {
  let i = index + 1;
  while (i < boxes.length && boxes[i].level > boxes[index].level) {
    i++;
  }
  return i;
}

export function hit(layout: Layout, x: number, y: number): Placed | undefined {
  const row = layout.rows[Math.floor(y / ROW)];
  if (!row || x < 0 || x > layout.width) {
    return undefined;
  }
  let [low, high] = [0, row.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (row[middle].left <= x) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const found = row[low];
  return x >= found.left && x < found.left + found.width ? found : undefined;
}

export function placedOf(layout: Layout, index: number): Placed | undefined {
  return layout.rows.flat().find((p) => p.box.index === index);
}

/** The box that an arrow key leads to among those that are drawn; from none, the one that is zoomed into. */
export function step(layout: Layout, boxes: Box[], from: number | undefined, key: string, zoomed: number) {
  if (!/^Arrow/.test(key)) {
    return undefined;
  }
  if (from === undefined) {
    return zoomed;
  }
  const { firstChild, next, previous, parent } = boxes[from];
  const to = { ArrowDown: firstChild, ArrowUp: parent, ArrowRight: next, ArrowLeft: previous }[key] ?? -1;
  return to >= 0 && placedOf(layout, to) ? to : from;
}
