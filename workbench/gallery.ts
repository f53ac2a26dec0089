import { Run } from '../src/datasource/datasource';

// The recorded runs side by side, before one is looked at closely.

/** A run's label that names the metric by which its picture is drawn. */
const SHOWS = 'shows';

/** As many pictures as stay quick to ask for and easy to compare. */
const MOST = 8;

/**
 * The runs worth a small picture: those that still record, then hosts by name,
 * each with its newest runs in the order in which they were made, so that a
 * remedy stands after what it mends.
 */
export function chooseGallery(runs: Run[], most = MOST): Run[] {
  const newest = [...runs].sort((a, b) => b.startMs - a.startMs).slice(0, most);
  const live = (r: Run) => (r.state === 'recording' ? 0 : 1);
  return newest.sort((a, b) => live(a) - live(b) || a.host.localeCompare(b.host) || a.startMs - b.startMs);
}

/** The metric that the one who recorded the run wants to see, if said. */
export function shownMetric(run: Run): string | undefined {
  return run.labels?.[SHOWS];
}

export function keyOf(run: Pick<Run, 'host' | 'run'>): string {
  return `${run.host}/${run.run}`;
}

/** The top of each card's scale by run; null where it is not known yet. */
export type Tops = Record<string, { metric: string; max: number }>;

/** Pictures of one metric share a scale: a remedy is not to glow for want of anything brighter. */
export function commonMax(tops: Tops, metric: string): number | undefined {
  const all = Object.values(tops)
    .filter((t) => t.metric === metric)
    .map((t) => t.max);
  return all.length > 0 ? Math.max(...all) : undefined;
}
