import { formatValue } from '../../src/panels/heatmap/describe';
import { Box, Flame, pathOf } from './model';

// What the tooltip says about a box, as plain text.

export interface Description {
  title: string;
  value: string;
  lines: string[];
}

export function describe(flame: Flame, box: Box, zoomed: Box): Description {
  const [root] = flame.boxes;
  const lines = [`${percent(box.value / root.value)} of all`];
  if (zoomed.index !== 0 && box.index > zoomed.index) {
    lines.push(`${percent(box.value / zoomed.value)} of ${zoomed.label}`);
  }
  if (box.self > 0 && box.self < box.value) {
    lines.push(`${formatValue(flame.unit, box.self)} by itself`);
  }
  lines.push(...placeOf(flame, box));
  return { title: box.label, value: formatValue(flame.unit, box.value), lines };
}

function placeOf(flame: Flame, box: Box): string[] {
  const given = pathOf(flame.boxes, box.index)[1];
  const lines = [];
  if (given && box.level > 1) {
    lines.push(box.node === undefined ? 'node not known' : `given on node ${box.node}`);
  }
  lines.push(
    box.remote === undefined ? 'not known if remote' : `${percent(box.remote)} of it on another node than the CPU’s`
  );
  return lines;
}

export function percent(share: number): string {
  const p = 100 * share;
  return p > 0 && p < 0.1 ? '< 0.1 %' : `${p >= 99.95 || p === 0 ? Math.round(p) : p.toFixed(1)} %`;
}
