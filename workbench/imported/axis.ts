import { Figure } from './model';

export interface Axis {
  low: number;
  high: number;
  ticks: number[];
}

/** Round numbers from 0, or from below the least, to above the greatest. */
export function axisOf(values: number[]): Axis {
  let [low, high] = [0, 0];
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (high === low) {
    high = low + 1;
  }
  const step = roundStep((high - low) / 4);
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { low: first * step, high: last * step, ticks };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((n) => n * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** The stretches between values that are missing. */
export function linesOf(rows: Figure[]): Figure[][] {
  const lines: Figure[][] = [];
  let open = false;
  for (const row of rows) {
    if (row.value === undefined) {
      open = false;
    } else if (open) {
      lines[lines.length - 1].push(row);
    } else {
      lines.push([row]);
      open = true;
    }
  }
  return lines;
}
