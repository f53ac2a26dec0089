import { DataQuery } from '@grafana/schema';

export type View = 'heatmap' | 'series' | 'numbers' | 'cell' | 'runs' | 'topology' | 'metrics' | 'annotations';
export type By = 'cpu' | 'node' | 'socket' | 'host';
export type Scope = 'cpu' | 'process_cpu';
export type Kind = 'share' | 'ratio' | 'rate' | 'gauge';

/** One question, as docs/format/frames.md describes it. Names may hold template variables. */
export interface NumalensQuery extends DataQuery {
  view: View;
  metric?: string;
  by?: By;
  host?: string;
  run?: string;
  scope?: Scope;
  from?: number;
  to?: number;
  columns?: number;
  instance?: number;
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
  return view === 'heatmap' || view === 'series' || view === 'numbers' || view === 'cell';
}
