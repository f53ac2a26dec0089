import { Band, rowAt, rowSpan } from '../../canvas/bands';
import { Layout, inPlot, timeToX, xToTime } from './layout';
import { Grid } from './reduce';

/** A cell of the grid. */
export interface GridCell {
  row: number;
  column: number;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The layout's bands, counted in rows of the grid. */
function gridBands(layout: Layout, grid: Grid): Band[] {
  return layout.bands.map((band, i) => ({ ...band, first: grid.groups[i].first, count: grid.groups[i].count }));
}

/** The cell below a point; undefined where the plot has no column. */
export function hit(layout: Layout, grid: Grid, x: number, y: number): GridCell | undefined {
  if (!inPlot(layout, x, y)) {
    return undefined;
  }
  const column = Math.floor((xToTime(layout, x) - grid.from) / grid.columnMs);
  const row = rowAt(gridBands(layout, grid), y - layout.plot.top);
  if (row === undefined || column < 0 || column >= grid.columns) {
    return undefined;
  }
  return { row, column };
}

/** Where a cell is drawn, cut to the plot; undefined when that leaves nothing. */
export function boxOf(layout: Layout, grid: Grid, cell: GridCell): Box | undefined {
  const { plot } = layout;
  const span = rowSpan(gridBands(layout, grid), cell.row);
  const from = grid.from + cell.column * grid.columnMs;
  const left = Math.max(plot.left, timeToX(layout, from));
  const right = Math.min(plot.left + plot.width, timeToX(layout, from + grid.columnMs));
  if (!span || right <= left) {
    return undefined;
  }
  return { left, top: plot.top + span.top, width: right - left, height: span.height };
}

export function centre(box: Box): { x: number; y: number } {
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}
