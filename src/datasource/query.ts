import { DataQuery } from '@grafana/schema';

export type View =
  | 'heatmap'
  | 'series'
  | 'numbers'
  | 'cell'
  | 'hotspots'
  | 'flame'
  | 'figures'
  | 'runs'
  | 'topology'
  | 'metrics'
  | 'annotations';
export type By = 'cpu' | 'node' | 'socket' | 'host';
export type Scope = 'cpu' | 'process_cpu';
export type Sort = 'line' | 'name' | 'value' | 'time';
export type Kind = 'share' | 'ratio' | 'rate' | 'gauge';

/** One question, as docs/format/frames.md describes it. Names may hold template variables. */
export interface NumalensQuery extends DataQuery {
  view: View;
  metric?: string;
  by?: By;
  host?: string;
  run?: string;
  /** Of `figures` any scope that a tool has: `node`, `cacheline` … */
  scope?: Scope | (string & {});
  from?: number;
  to?: number;
  columns?: number;
  instance?: number;
  /** `hotspots`, `flame` and `figures` only: rows or boxes at most. */
  limit?: number;
  /** `hotspots` and `flame` only: what was given on another node than the CPU's. */
  remote?: boolean;
  /** RE2: of `hotspots` and `flame` on the stack's frames, the thread's name or the container; of `figures` on name, instance and labels. */
  filter?: string;
  /** `figures` only: the file, the instance, the order. */
  file?: string;
  of?: string;
  sort?: Sort;
}

/** A run that a query or a variable may name: the newest that overlaps the time range. */
export const NEWEST = 'newest';

/** What a metric is, as it comes with a frame and from the resource `metrics`. */
export interface Metric {
  name: string;
  title: string;
  unit: string;
  help: string;
  kind: Kind;
  denominator?: string;
  rung: number;
  rungName: string;
}

export function needsMetric(view: View): boolean {
  return view === 'heatmap' || view === 'series' || view === 'numbers' || view === 'cell' || ofStacks(view);
}

/** Views of who allocated, over the whole time range. */
export function ofStacks(view: View): boolean {
  return view === 'hotspots' || view === 'flame';
}

/** Whether a view can be asked for a metric: only allocations have stacks, and a share of them has none of its own. */
export function fits(view: View, metric: string): boolean {
  return !ofStacks(view) || (metric.startsWith('allocations.') && !metric.endsWith('_remote_share'));
}
