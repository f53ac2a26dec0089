import { Lab, RGB, distance, fromLab, hex, mix, mixLab, toLab } from './colour';

/** A colour for each value from 0 to 1. */
export type Scale = (t: number) => RGB;

const STEPS = 256;

/**
 * A ramp through the stops whose steps are equally far apart to the eye,
 * however the stops are spaced.
 */
function ramp(stops: Lab[]): RGB[] {
  const fine: RGB[] = [];
  for (let i = 0; i < stops.length - 1; i++) {
    for (let k = 0; k < STEPS; k++) {
      fine.push(fromLab(mixLab(stops[i], stops[i + 1], k / STEPS)));
    }
  }
  fine.push(fromLab(stops[stops.length - 1]));
  const way = [0];
  for (let i = 1; i < fine.length; i++) {
    way.push(way[i - 1] + distance(fine[i - 1], fine[i]));
  }
  const total = way[way.length - 1];
  const out: RGB[] = [];
  for (let k = 0, i = 0; k < STEPS; k++) {
    const target = (total * k) / (STEPS - 1);
    while (i < fine.length - 1 && way[i] < target) {
      i++;
    }
    out.push(fine[i]);
  }
  return out;
}

function scaleOf(table: RGB[]): Scale {
  return (t) => table[Math.min(table.length - 1, Math.max(0, Math.round(t * (table.length - 1))))];
}

/**
 * The share that is drawn neutral. Not a half: a host is in trouble from some
 * 10 or 20 % remote on, and those must not look like 0 and 5 %.
 */
export const EVEN = 0.3;

/**
 * Local to remote: blue, neutral, orange. Lightness goes one way from end to
 * end, towards the stronger contrast with the background, so that remote
 * stands out and the two ends differ even without any colour vision.
 */
export function divergingScale(dark: boolean): Scale {
  const [local, even, remote] = (dark ? ['#1c4c8f', '#98948f', '#ffb83d'] : ['#9cc3ee', '#a39c92', '#b23c00']).map(hex);
  const low = ramp([toLab(local), toLab(even)]);
  const high = ramp([toLab(even), toLab(remote)]);
  const [below, above] = [scaleOf(low), scaleOf(high)];
  return (t) => (t < EVEN ? below(t / EVEN) : above((t - EVEN) / (1 - EVEN)));
}

/** Little to much: dark blue by teal to pale yellow on dark, the other way on light. */
export function sequentialScale(dark: boolean): Scale {
  const stops = (
    dark
      ? ['#1b2540', '#22498a', '#1f7fa3', '#35b08f', '#a5d36a', '#fbf3a5']
      : ['#eef3e2', '#b6dbb4', '#5fb5ad', '#2f82ab', '#2d4c96', '#251d55']
  ).map((s) => toLab(hex(s)));
  return scaleOf(ramp(stops));
}

/**
 * How much of its colour a share keeps, by its volume class (see
 * docs/format/frames.md). From 128 counts on, where a share's standard error
 * is below 5 points, all of it; a share of three accesses is a hint only.
 */
export function strength(volume: number): number {
  if (volume <= 0) {
    return 0;
  }
  return Math.min(1, 0.12 + (0.88 * (volume - 1)) / (FULL_VOLUME - 1));
}

/** The first volume class that is drawn in full colour: 128 to 255 counts. */
export const FULL_VOLUME = 8;

/** A scale faded towards the background by the volume class. */
export function faded(scale: Scale, background: RGB, volume: number): Scale {
  const s = strength(volume);
  return (t) => mix(background, scale(t), s);
}
