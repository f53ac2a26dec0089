import { DataFrame } from '@grafana/data';
import { formatValue } from '../../src/panels/heatmap/describe';

// From the frame of `figures` to the rows of a table; docs/format/frames.md
// describes the frame.

/** One number as a tool printed it. */
export interface Figure {
  ms: number;
  /** How its time is known: `printed`, `relative`, `capture`. */
  timeIs: string;
  name: string;
  scope: string;
  instance?: string;
  device?: string;
  labels?: string;
  kind: string;
  /** Undefined is what the tool could not give, and why is its word for that. */
  value?: number;
  why?: string;
  unit: string;
  running?: number;
  file: string;
  line: number;
}

export interface Figures {
  rows: Figure[];
  /** How many there are without a limit. */
  found: number;
  scopes: Record<string, number>;
  files: Record<string, number>;
  notices: string[];
}

export type FiguresModel = { figures: Figures; problem?: undefined } | { figures?: undefined; problem: string };

interface FrameMeta {
  rows?: number;
  scopes?: Record<string, number>;
  files?: Record<string, number>;
}

export function toFigures(frames: DataFrame[]): FiguresModel {
  const [frame] = frames;
  const notices = (frame?.meta?.notices ?? []).map((n) => n.text);
  const meta = frame?.meta?.custom?.numalens as FrameMeta | undefined;
  if (!frame || !meta || frame.fields.length === 0) {
    return { problem: notices.join(' ') || 'The query gave no figures.' };
  }
  const rows = rowsOf(frame);
  return {
    figures: { rows, found: meta.rows ?? rows.length, scopes: meta.scopes ?? {}, files: meta.files ?? {}, notices },
  };
}

function rowsOf(frame: DataFrame): Figure[] {
  const column = (name: string) => frame.fields.find((f) => f.name === name)?.values ?? [];
  const of = Object.fromEntries(
    ['time', 'time_is', 'name', 'scope', 'instance', 'device', 'labels', 'kind', 'value', 'why', 'unit', 'running']
      .concat('file', 'line')
      .map((name) => [name, column(name)])
  );
  return Array.from({ length: frame.length }, (_, i) => ({
    ms: Number(of.time[i]),
    timeIs: of.time_is[i],
    name: of.name[i],
    scope: of.scope[i],
    instance: of.instance[i] ?? undefined,
    device: of.device[i] ?? undefined,
    labels: of.labels[i] ?? undefined,
    kind: of.kind[i],
    value: of.value[i] ?? undefined,
    why: of.why[i] ?? undefined,
    unit: of.unit[i],
    running: of.running[i] ?? undefined,
    file: of.file[i],
    line: of.line[i],
  }));
}

/** What a number is of, as "node 0". */
export function ofText({ scope, instance }: Figure): string {
  return [scope, instance].filter(Boolean).join(' ');
}

const UNITS: Record<string, string> = { bytes: 'bytes', ns: 'ns', s: 's', '1': 'short', '1/s': 'cps' };

/** Up to here a count is shown with all of its digits. */
const WHOLE = 1e9;

/** A value with its unit, short; a tool's own unit is kept. */
export function valueText(value: number, unit: string): string {
  if (unit === '1' && Number.isInteger(value) && Math.abs(value) < WHOLE) {
    return value.toLocaleString('en-GB');
  }
  return formatValue(UNITS[unit] ?? (unit ? `suffix: ${unit}` : 'short'), value);
}

/** All of its digits. */
export function exactText({ value, unit, why }: Figure): string {
  if (value === undefined) {
    return why ?? 'not given';
  }
  const digits = value.toLocaleString('en-GB', { maximumFractionDigits: 20 });
  return unit === '1' ? digits : `${digits} ${unit}`;
}

/** Labels as "metric group: TopdownL1 · threshold: good". */
export function labelsText(labels: string | undefined): string {
  if (!labels) {
    return '';
  }
  try {
    return Object.entries(JSON.parse(labels) as Record<string, string>)
      .map(([key, value]) => `${key}: ${value}`)
      .join(' · ');
  } catch {
    return labels;
  }
}

/** What tells one number's values over time from another's. */
export interface Key {
  name: string;
  scope: string;
  instance?: string;
  device?: string;
  labels?: string;
  file: string;
}

export function keyOf({ name, scope, instance, device, labels, file }: Figure): string {
  return JSON.stringify([name, scope, instance ?? '', device ?? '', labels ?? '', file]);
}

/** What stands in the page's address; undefined where somebody changed it. */
export function readKey(text: string | undefined): Key | undefined {
  try {
    const parts = JSON.parse(text ?? '');
    if (!Array.isArray(parts) || parts.length !== 6 || parts.some((p) => typeof p !== 'string')) {
      return undefined;
    }
    const [name, scope, instance, device, labels, file] = parts as string[];
    return {
      name,
      scope,
      instance: instance || undefined,
      device: device || undefined,
      labels: labels || undefined,
      file,
    };
  } catch {
    return undefined;
  }
}

/** An expression that finds exactly this. */
export function exactly(text: string): string {
  return `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}
