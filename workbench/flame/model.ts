import { DataFrame } from '@grafana/data';
import { Metric } from '../../src/datasource/query';

// From the frame of `flame`, a nested set, to boxes with their places. A box's
// start is in the metric's unit: everything left of it at any level.

export interface Box {
  index: number;
  level: number;
  label: string;
  start: number;
  value: number;
  self: number;
  /** The node given; undefined in the root and where it is not known. */
  node?: string;
  /** Share of the value that was given on another node than the CPU's; undefined where nothing is known. */
  remote?: number;
  /** Indices of boxes; -1 is none. */
  parent: number;
  firstChild: number;
  next: number;
  previous: number;
}

export interface Flame {
  metric: Metric;
  unit: string;
  /** Depth first: a box stands before its children. */
  boxes: Box[];
  depth: number;
  /** The nodes that something was given on, in their order. */
  nodes: string[];
  /** How many boxes there are without a limit. */
  found: number;
  emulated: string;
  notices: string[];
}

export type FlameModel = { flame: Flame; problem?: undefined } | { flame?: undefined; problem: string };

interface FrameMeta {
  metric?: Metric;
  boxes?: number;
  emulated?: string;
}

export function toFlame(frames: DataFrame[]): FlameModel {
  const [frame] = frames;
  const notices = (frame?.meta?.notices ?? []).map((n) => n.text);
  const meta = (frame?.meta?.custom?.numalens as FrameMeta | undefined) ?? {};
  const column = (name: string) => frame?.fields.find((f) => f.name === name);
  const value = column('value');
  if (!frame || !meta.metric || !value || frame.length === 0) {
    return { problem: notices.join(' ') || 'The query gave no stacks.' };
  }
  const boxes = boxesOf(frame);
  if (boxes[0].value === 0) {
    return { problem: notices.join(' ') || `Nothing of “${meta.metric.title}” is in this time range.` };
  }
  const nodes = new Set(boxes.flatMap((b) => (b.node === undefined ? [] : [b.node])));
  return {
    flame: {
      metric: meta.metric,
      unit: value.config.unit ?? 'short',
      boxes,
      depth: boxes.reduce((most, b) => Math.max(most, b.level), 0) + 1,
      nodes: [...nodes].sort((a, b) => Number(a) - Number(b)),
      found: meta.boxes ?? boxes.length,
      emulated: meta.emulated ?? '',
      notices,
    },
  };
}

function boxesOf(frame: DataFrame): Box[] {
  const column = (name: string) => frame.fields.find((f) => f.name === name)?.values ?? [];
  const [levels, values, selfs, labels] = ['level', 'value', 'self', 'label'].map(column);
  const [nodes, remotes] = ['node', 'remote'].map(column);
  const boxes: Box[] = [];
  /** The box under way at each level, and where its next child starts. */
  const open: number[] = [];
  const free: number[] = [];
  for (let index = 0; index < frame.length; index++) {
    const level: number = levels[index];
    const parent = level > 0 ? open[level - 1] : -1;
    const previous = boxes[open[level]]?.parent === parent ? open[level] : -1;
    const start = parent < 0 ? 0 : free[level - 1];
    boxes.push({
      index,
      level,
      label: labels[index],
      start,
      value: values[index],
      self: selfs[index] ?? 0,
      node: nodes[index] ?? undefined,
      remote: remotes[index] ?? undefined,
      parent,
      firstChild: -1,
      next: -1,
      previous,
    });
    if (previous >= 0) {
      boxes[previous].next = index;
    } else if (parent >= 0) {
      boxes[parent].firstChild = index;
    }
    open[level] = index;
    open.length = level + 1;
    free[level] = start;
    if (level > 0) {
      free[level - 1] = start + values[index];
    }
  }
  return boxes;
}

/** From the root to the box, the box included. */
export function pathOf(boxes: Box[], index: number): Box[] {
  const path: Box[] = [];
  for (let i = index; i >= 0; i = boxes[i].parent) {
    path.unshift(boxes[i]);
  }
  return path;
}

/** The box that a path of labels leads to, or the last on the way: what one had zoomed into, in newer data. */
export function findPath(boxes: Box[], labels: string[]): number {
  let at = 0;
  for (const label of labels.slice(1)) {
    let child = boxes[at]?.firstChild ?? -1;
    while (child >= 0 && boxes[child].label !== label) {
      child = boxes[child].next;
    }
    if (child < 0) {
      break;
    }
    at = child;
  }
  return at;
}
