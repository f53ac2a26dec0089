import { formattedValueToString, getValueFormat } from '@grafana/data';
import { formatSpan, formatTime } from '../../canvas/timeaxis';
import { CellCounts } from './cell';
import { Heatmap } from './model';
import { Grid, NOTHING, VALUE } from './reduce';

// What the tooltip says about a cell, as plain text.

export interface Description {
  title: string;
  place: string;
  time: string;
  value: string;
  metric: string;
  counts: string;
  notes: string[];
}

/** A cell of the grid, and the cell of the heatmap that it shows. */
export interface CellAt {
  index: number;
  row: number;
  column: number;
}

export function cellAt(grid: Grid, gridRow: number, gridColumn: number): CellAt {
  const index = gridRow * grid.columns + gridColumn;
  return { index, row: grid.row[index], column: grid.column[index] };
}

export function describe(
  heatmap: Heatmap,
  grid: Grid,
  cell: CellAt,
  counts: CellCounts | undefined,
  timeZone: string
): Description {
  const row = heatmap.rows[cell.row];
  const from = heatmap.times[cell.column];
  const { metric, columnMs } = heatmap;
  return {
    title: row.label,
    place: placeOf(heatmap, cell),
    time: `${formatTime(from, columnMs, timeZone)} – ${formatTime(from + columnMs, columnMs, timeZone)} (${formatSpan(columnMs)})`,
    value: valueText(heatmap, grid, cell),
    metric: metric.title,
    counts: countsText(heatmap, grid, cell, counts),
    notes: notesOf(heatmap, grid, counts),
  };
}

function placeOf(heatmap: Heatmap, cell: CellAt): string {
  const { node, socket, cpu } = heatmap.rows[cell.row];
  const parts = [];
  if (cpu !== undefined && node !== undefined) {
    parts.push(`node ${node}`);
  }
  if (socket !== undefined && heatmap.by !== 'socket') {
    parts.push(`socket ${socket}`);
  }
  return parts.join(' · ');
}

function valueText(heatmap: Heatmap, grid: Grid, cell: CellAt): string {
  switch (grid.state[cell.index]) {
    case VALUE:
      return formatValue(heatmap.metric.unit, grid.value[cell.index]);
    case NOTHING:
      return 'none';
    default:
      return 'not known';
  }
}

export function formatValue(unit: string, value: number): string {
  // A unit of its own, "suffix: pages/s", comes out with two spaces.
  return formattedValueToString(getValueFormat(unit)(value)).replace(/\s+/g, ' ');
}

function countsText(heatmap: Heatmap, grid: Grid, cell: CellAt, counts: CellCounts | undefined): string {
  const { kind } = heatmap.metric;
  const what = heatmap.metric.denominator ?? 'counts';
  if (kind === 'gauge' || grid.state[cell.index] === 0) {
    return '';
  }
  if (grid.state[cell.index] === NOTHING) {
    return `0 ${what}`;
  }
  if (counts) {
    return exactText(kind, what, counts);
  }
  // The dots keep the line's place, so that the tooltip does not jump when the counts come.
  return heatmap.rows[cell.row].volumes ? `${volumeText(grid.volume[cell.index])} ${what}` : '…';
}

function exactText(kind: string, what: string, counts: CellCounts): string {
  const { numerator, denominator, seconds, runningShare } = counts;
  const about = runningShare < 1 ? '≈ ' : '';
  if (kind === 'rate') {
    return numerator == null ? '' : `${about}${whole(numerator)} in ${formatSpan(seconds * 1000)}`;
  }
  return numerator == null || denominator == null ? '' : `${about}${whole(numerator)} of ${whole(denominator)} ${what}`;
}

function whole(n: number): string {
  return n.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

/** The counts that a volume class stands for: 10 is "512–1,023". */
export function volumeText(volume: number): string {
  if (volume <= 1) {
    return String(volume);
  }
  return `${whole(2 ** (volume - 1))}–${whole(2 ** volume - 1)}`;
}

function notesOf(heatmap: Heatmap, grid: Grid, counts: CellCounts | undefined): string[] {
  const notes = [];
  const { rung, rungName } = heatmap.metric;
  if (rung > 0) {
    notes.push(`from ${rungName} (rung ${rung})`);
  }
  if (heatmap.scope === 'process_cpu') {
    notes.push('the recorded command only');
  }
  if (grid.perRow > 1 || grid.perColumn > 1) {
    notes.push(`the worst of ${reduced(grid, heatmap)}`);
  }
  if (counts && counts.runningShare < 1) {
    notes.push(`estimate: counted ${Math.round(100 * counts.runningShare)} % of the time`);
  }
  if (heatmap.emulated) {
    notes.push(`emulated: ${heatmap.emulated}`);
  }
  return notes;
}

function reduced(grid: Grid, heatmap: Heatmap): string {
  const parts = [];
  if (grid.perRow > 1) {
    parts.push(`${grid.perRow} ${heatmap.by === 'cpu' ? 'CPUs' : heatmap.by + 's'}`);
  }
  if (grid.perColumn > 1) {
    parts.push(`${grid.perColumn} columns`);
  }
  return parts.join(' × ');
}
