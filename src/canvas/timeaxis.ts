import { dateTimeForTimeZone, dateTimeFormat } from '@grafana/data';

// The time axis maps [from, to) in ms since the epoch to [0, width) in CSS pixels.

export interface Tick {
  ms: number;
  label: string;
}

const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  S,
  2 * S,
  5 * S,
  10 * S,
  15 * S,
  30 * S,
  MIN,
  2 * MIN,
  5 * MIN,
  10 * MIN,
  15 * MIN,
  30 * MIN,
  H,
  2 * H,
  3 * H,
  6 * H,
  12 * H,
  D,
  2 * D,
  7 * D,
  14 * D,
  28 * D,
];

/** Round times, at least spacing pixels apart, in the reader's time zone. */
export function timeTicks(from: number, to: number, width: number, timeZone: string, spacing = 90): Tick[] {
  if (!(to > from) || width <= 0) {
    return [];
  }
  const least = ((to - from) / width) * spacing;
  const step = STEPS.find((s) => s >= least) ?? Math.ceil(least / (28 * D)) * 28 * D;
  const offset = dateTimeForTimeZone(timeZone, from).utcOffset() * MIN;
  const format = formatOf(step);
  const ticks: Tick[] = [];
  for (let ms = Math.ceil((from + offset) / step) * step - offset; ms <= to; ms += step) {
    ticks.push({ ms, label: dateTimeFormat(ms, { format, timeZone }) });
  }
  return ticks;
}

function formatOf(step: number): string {
  if (step < S) {
    return 'HH:mm:ss.SSS';
  }
  if (step < MIN) {
    return 'HH:mm:ss';
  }
  return step < D ? 'HH:mm' : 'MM-DD';
}

/** A moment, as fine as the columns need. */
export function formatTime(ms: number, columnMs: number, timeZone: string): string {
  const format = columnMs % S === 0 && ms % S === 0 ? 'HH:mm:ss' : 'HH:mm:ss.SSS';
  return dateTimeFormat(ms, { format, timeZone });
}

/** A span, e.g. "0.6 s", "10 min". */
export function formatSpan(ms: number): string {
  for (const [unit, size] of [
    ['d', D],
    ['h', H],
    ['min', MIN],
    ['s', S],
  ] as const) {
    if (ms >= size) {
      return `${trim(ms / size)} ${unit}`;
    }
  }
  return `${trim(ms)} ms`;
}

function trim(n: number): string {
  return String(Number(n.toPrecision(3)));
}
