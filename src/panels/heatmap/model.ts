import { DataFrame, Field, FieldType } from '@grafana/data';
import { Group } from '../../canvas/bands';
import { By, Kind, Metric, Scope } from '../../datasource/query';

// From a frame to what is drawn; docs/format/frames.md describes the frame.
// Any other wide time series is taken too: it has no volumes and its kind is
// told from its unit.

export type Cells = ArrayLike<number | null | undefined>;

/** One row: a CPU, a node, a socket or a host. */
export interface Row {
  label: string;
  host?: string;
  socket?: string;
  node?: string;
  cpu?: string;
  /** What a cell query calls this row; undefined for frames that are not ours. */
  instance?: number;
  values: Cells;
  /** Volume classes, for shares only. */
  volumes?: Cells;
}

export interface Heatmap {
  by: By;
  host: string;
  run: string;
  metric: Metric;
  scope?: Scope;
  emulated: string;
  /** Start of each column, ms. */
  times: number[];
  columnMs: number;
  rows: Row[];
  groups: Group[];
  notices: string[];
  refId?: string;
}

interface FrameMeta {
  by?: By;
  host?: string;
  run?: string;
  metric?: Partial<Metric>;
  columnMs?: number;
  scope?: Scope;
  emulated?: string;
}

/** Either something to draw or a sentence that says why there is not. */
export type Model = { heatmap: Heatmap; problem?: undefined } | { heatmap?: undefined; problem: string };

export function toModel(frames: DataFrame[]): Model {
  const frame = frames.find((f) => ours(f)) ?? frames.find((f) => timeOf(f) && numbersOf(f).length > 0) ?? frames[0];
  if (!frame) {
    return { problem: 'The query gave no data.' };
  }
  const words = (frame.meta?.notices ?? []).map((n) => n.text);
  const heatmap = toHeatmap(frame, words);
  if (!heatmap || heatmap.rows.length === 0 || heatmap.times.length === 0) {
    return { problem: words.join(' ') || reason(frame) };
  }
  return { heatmap };
}

function reason(frame: DataFrame): string {
  const time = timeOf(frame);
  if (!time) {
    return 'The heatmap needs a time field and number fields; the query gave a table without time. Choose the view heatmap in the query.';
  }
  if (time.values.length === 0) {
    return `There is no data${of(frame)} in this time range.`;
  }
  return 'The heatmap needs number fields, one for each row; the query gave none.';
}

function of(frame: DataFrame): string {
  const title = metaOf(frame).metric?.title;
  return title ? ` of “${title}”` : '';
}

function ours(frame: DataFrame): boolean {
  return (frame.meta?.custom?.numalens as { view?: string } | undefined)?.view === 'heatmap';
}

function metaOf(frame: DataFrame): FrameMeta {
  return (frame.meta?.custom?.numalens as FrameMeta | undefined) ?? {};
}

function timeOf(frame: DataFrame): Field | undefined {
  return frame.fields.find((f) => f.type === FieldType.time);
}

function numbersOf(frame: DataFrame): Field[] {
  return frame.fields.filter((f) => f.type === FieldType.number);
}

function toHeatmap(frame: DataFrame, notices: string[]): Heatmap | undefined {
  const time = timeOf(frame);
  if (!time) {
    return undefined;
  }
  const meta = metaOf(frame);
  const isVolume = (f: Field) => ours(frame) && f.name === 'volume';
  const values = numbersOf(frame).filter((f) => !isVolume(f));
  const volumes = numbersOf(frame).filter(isVolume);
  const times: number[] = time.values;
  const by = meta.by ?? 'host';
  const rows = values.map((f, i) => rowOf(f, by, ours(frame), volumes[i]?.values));
  return {
    by,
    host: meta.host ?? '',
    run: meta.run ?? '',
    metric: metricOf(meta.metric, values[0]),
    scope: meta.scope || undefined,
    emulated: meta.emulated ?? '',
    times,
    columnMs: meta.columnMs || spacing(times),
    rows,
    groups: groupsOf(rows),
    notices,
    refId: frame.refId,
  };
}

function metricOf(given: Partial<Metric> | undefined, first: Field | undefined): Metric {
  const unit = given?.unit ?? first?.config.unit ?? 'short';
  const kind: Kind = given?.kind ?? (unit === 'percentunit' ? 'ratio' : 'gauge');
  const name = given?.name ?? first?.name ?? '';
  return { help: '', rung: 0, rungName: '', title: name, ...given, name, unit, kind };
}

function rowOf(field: Field, by: By, known: boolean, volumes: Cells | undefined): Row {
  const { host, socket, node, cpu } = field.labels ?? {};
  const instance = Number({ cpu, node, socket, host: '0' }[by]);
  return {
    label: field.config.displayNameFromDS ?? field.config.displayName ?? field.name,
    host,
    socket,
    node,
    cpu,
    instance: known && Number.isInteger(instance) ? instance : undefined,
    values: field.values,
    volumes,
  };
}

function groupsOf(rows: Row[]): Group[] {
  const groups: Group[] = [];
  rows.forEach(({ socket, node }, i) => {
    const open = groups[groups.length - 1];
    if (open && open.socket === socket && open.node === node) {
      open.count++;
    } else {
      groups.push({ first: i, count: 1, socket, node });
    }
  });
  return groups;
}

function spacing(times: number[]): number {
  return times.length > 1 ? (times[times.length - 1] - times[0]) / (times.length - 1) : 1000;
}
