import { TimeRange, dateMath, dateTime, makeTimeRange } from '@grafana/data';
import { Run } from '../src/datasource/datasource';
import { Place } from './place';

/** A live page shows this much. */
export const LIVE = { from: 'now-2m', to: 'now' };
const LIVE_REFRESH = '1s';
/** The least that a live page shows, so that a run's first seconds are not stretched over the page. */
const LEAST = 20_000;

/** How often to refresh; a run that is still recording is live unless told otherwise, one that has ended never is. */
export function refreshOf(place: Place, run: Run | undefined): string {
  if (run && run.state !== 'recording') {
    return 'off';
  }
  return place.live ?? (run?.state === 'recording' && place.from === undefined ? LIVE_REFRESH : 'off');
}

export interface Span {
  from: number;
  to: number;
  raw: { from: string; to: string };
}

/**
 * The times to show: those asked for, else the last minutes of a live run,
 * else the whole run. Relative times that miss the run, as when a live run
 * has ended, count as not asked for.
 */
export function spanOf(place: Place, run: Run, live: boolean, now: number): Span {
  if (place.from !== undefined && place.to !== undefined) {
    const raw = { from: place.from, to: place.to };
    const from = at(raw.from, now, false);
    const to = Math.max(at(raw.to, now, true), from + 1);
    const missed = raw.from.startsWith('now') && run.endMs !== null && from >= run.endMs;
    if (!missed) {
      return { from, to, raw };
    }
  }
  if (live) {
    const from = Math.floor(Math.min(Math.max(at(LIVE.from, now, false), run.startMs), now - LEAST));
    return { from, to: now, raw: LIVE };
  }
  return whole(run, now);
}

export function whole(run: Run, now: number): Span {
  const from = Math.floor(run.startMs);
  const to = Math.max(Math.ceil(run.endMs ?? now), from + 1);
  return { from, to, raw: { from: String(from), to: String(to) } };
}

function at(raw: string, now: number, up: boolean): number {
  if (/^\d+$/.test(raw)) {
    return Number(raw);
  }
  return dateMath.parse(raw, up, undefined, undefined)?.valueOf() ?? now;
}

/** For the picker, which shows relative times by their name. */
export function asTimeRange({ from, to, raw }: Span): TimeRange {
  const range = makeTimeRange(dateTime(from), dateTime(to));
  return /^now/.test(raw.from) ? { ...range, raw } : range;
}

/** The picker's choice, as it stands in the address. */
export function rawOf(range: TimeRange): { from: string; to: string } {
  const text = (raw: TimeRange['raw']['from'], value: TimeRange['from']) =>
    typeof raw === 'string' && raw.startsWith('now') ? raw : String(value.valueOf());
  return { from: text(range.raw.from, range.from), to: text(range.raw.to, range.to) };
}
