import { Band, Group, layBands } from '../../canvas/bands';
import { Row } from './model';

// Three spaces. The page: CSS pixels from the top left of the canvas; layout,
// pointer and labels live here. The picture: device pixels of the same canvas;
// only draw.ts knows them. The data: rows by columns. The plot is the part of
// the page that the data covers, and Layout is the way between the spaces.

export interface Layout {
  width: number;
  height: number;
  plot: { left: number; top: number; width: number; height: number };
  bands: Band[];
  from: number;
  to: number;
  gutter: Gutter;
  pixelRatio: number;
}

/** Widths at the left, from outside in; 0 leaves a part out. */
export interface Gutter {
  socket: number;
  node: number;
  row: number;
}

export interface LayoutInput {
  width: number;
  height: number;
  from: number;
  to: number;
  groups: Group[];
  rows: Row[];
  compact: boolean;
  pixelRatio: number;
}

const TOP = 2;
const RIGHT = 10;
const AXIS = 22;
const CHARACTER = 6.6;

export function layOut(input: LayoutInput): Layout {
  const { width, height, groups, rows } = input;
  const gutter = gutterOf(rows, groups, input.compact || width < 480);
  const left = Math.min(gutter.socket + gutter.node + gutter.row, width / 2);
  const plot = {
    left,
    top: TOP,
    width: Math.max(1, width - left - RIGHT),
    height: Math.max(1, height - TOP - AXIS),
  };
  return {
    width,
    height,
    plot,
    bands: layBands(groups, plot.height),
    from: input.from,
    to: input.to,
    gutter,
    pixelRatio: input.pixelRatio,
  };
}

function gutterOf(rows: Row[], groups: Group[], narrow: boolean): Gutter {
  const longest = rows.reduce((n, r) => Math.max(n, rowText(r).length), 1);
  const grouped = rows[0] !== undefined && isNumbered(rows[0]);
  return {
    socket: groups[0]?.socket === undefined ? 0 : 22,
    node: grouped ? (narrow ? 26 : 54) : 0,
    row: Math.min(160, Math.round(longest * CHARACTER + 10)),
  };
}

/** What stands at a row: beside its node's name a CPU's number is enough. */
export function rowText(row: Row): string {
  return isNumbered(row) ? (row.cpu as string) : row.label;
}

function isNumbered(row: Row): boolean {
  return row.cpu !== undefined && row.node !== undefined;
}

export function timeToX(layout: Layout, ms: number): number {
  const { plot, from, to } = layout;
  return plot.left + ((ms - from) / (to - from)) * plot.width;
}

export function xToTime(layout: Layout, x: number): number {
  const { plot, from, to } = layout;
  return from + ((x - plot.left) / plot.width) * (to - from);
}

export function inPlot({ plot }: Layout, x: number, y: number): boolean {
  return x >= plot.left && x <= plot.left + plot.width && y >= plot.top && y <= plot.top + plot.height;
}
