// Rows of a heatmap stand in bands, one for each node, with a narrow gap
// between nodes and a wider one between sockets.

/** Consecutive rows that belong together. */
export interface Group {
  first: number;
  count: number;
  socket?: string;
  node?: string;
}

/** A group's place on the page, in CSS pixels from the top of the plot. */
export interface Band extends Group {
  top: number;
  height: number;
}

const NODE_GAP = 5;
const SOCKET_GAP = 11;

/**
 * Shares height among the groups by their rows. Gaps shrink before rows
 * become thinner than the gaps.
 */
export function layBands(groups: Group[], height: number): Band[] {
  const rows = groups.reduce((n, g) => n + g.count, 0);
  if (rows === 0 || height <= 0) {
    return [];
  }
  const gaps = groups.map((g, i) => (i === 0 ? 0 : g.socket === groups[i - 1].socket ? NODE_GAP : SOCKET_GAP));
  const wanted = gaps.reduce<number>((sum, g) => sum + g, 0);
  const squeeze = wanted === 0 ? 1 : Math.min(1, (height * 0.2) / wanted);
  const each = (height - wanted * squeeze) / rows;
  let y = 0;
  return groups.map((g, i) => {
    y += gaps[i] * squeeze;
    const band = { ...g, top: y, height: g.count * each };
    y += band.height;
    return band;
  });
}

/** The row at y; in a gap the nearer one. Undefined outside. */
export function rowAt(bands: Band[], y: number): number | undefined {
  const last = bands[bands.length - 1];
  if (!last || y < 0 || y > last.top + last.height) {
    return undefined;
  }
  const band = bands.find((b) => y < b.top + b.height) ?? last;
  const row = Math.floor(((y - band.top) / band.height) * band.count);
  return band.first + Math.min(band.count - 1, Math.max(0, row));
}

/** Top and height of a row. */
export function rowSpan(bands: Band[], row: number): { top: number; height: number } | undefined {
  const band = bands.find((b) => row >= b.first && row < b.first + b.count);
  if (!band) {
    return undefined;
  }
  const height = band.height / band.count;
  return { top: band.top + (row - band.first) * height, height };
}

/** Bands of the same socket, as one. */
export function socketSpans(bands: Band[]): Array<{ socket?: string; top: number; height: number }> {
  const out: Array<{ socket?: string; top: number; height: number }> = [];
  for (const b of bands) {
    const open = out[out.length - 1];
    if (open && open.socket === b.socket) {
      open.height = b.top + b.height - open.top;
    } else {
      out.push({ socket: b.socket, top: b.top, height: b.height });
    }
  }
  return out;
}

/** Every how many rows a label fits, counted anew in each band. */
export function labelStep(band: Band, lineHeight: number): number {
  const each = band.height / band.count;
  return [1, 2, 4, 8, 16, 32, 64, 128, 256].find((n) => n * each >= lineHeight) ?? band.count;
}
