import { css } from '../../canvas/colour';
import { Band, labelStep, rowSpan, socketSpans } from '../../canvas/bands';
import { timeTicks } from '../../canvas/timeaxis';
import { Layout, rowText, timeToX } from './layout';
import { Heatmap } from './model';
import { Palette, pixels } from './palette';
import { Grid } from './reduce';

export interface Ink {
  text: string;
  strong: string;
  line: string;
  font: string;
}

const LINE = 14;

/**
 * Draws everything but what follows the pointer. The cells are one image,
 * scaled without smoothing; 128 × 1000 rectangles would take a hundred times
 * as long.
 */
export function draw(
  canvas: HTMLCanvasElement,
  layout: Layout,
  heatmap: Heatmap,
  grid: Grid,
  palette: Palette,
  ink: Ink,
  timeZone: string
) {
  const ratio = layout.pixelRatio;
  canvas.width = Math.round(layout.width * ratio);
  canvas.height = Math.round(layout.height * ratio);
  const ctx = canvas.getContext('2d');
  if (!ctx) {
    return;
  }
  drawMissing(ctx, layout, palette);
  drawCells(ctx, layout, grid, palette);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.font = `11px ${ink.font}`;
  drawTimes(ctx, layout, ink, timeZone);
  drawRows(ctx, layout, heatmap, ink);
  drawGroups(ctx, layout, ink);
  drawBorders(ctx, layout, ink);
}

function drawMissing(ctx: CanvasRenderingContext2D, layout: Layout, palette: Palette) {
  const pattern = ctx.createPattern(hatch(palette, layout.pixelRatio), 'repeat');
  if (!pattern) {
    return;
  }
  ctx.fillStyle = pattern;
  const [left, right] = horizontal(layout, layout.plot.left, layout.plot.left + layout.plot.width);
  for (const band of layout.bands) {
    const [top, bottom] = vertical(layout, band);
    ctx.fillRect(left, top, right - left, bottom - top);
  }
}

/** Thin diagonal lines: plainly not a colour of any scale. */
export function hatch(palette: Palette, ratio: number): HTMLCanvasElement {
  const size = Math.round(6 * ratio);
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const ctx = tile.getContext('2d');
  if (ctx) {
    ctx.fillStyle = css(palette.panel);
    ctx.fillRect(0, 0, size, size);
    ctx.strokeStyle = css(palette.hatch);
    ctx.lineWidth = ratio;
    ctx.beginPath();
    for (const shift of [-size, 0, size]) {
      ctx.moveTo(shift - 1, size + 1);
      ctx.lineTo(shift + size + 1, -1);
    }
    ctx.stroke();
  }
  return tile;
}

function drawCells(ctx: CanvasRenderingContext2D, layout: Layout, grid: Grid, palette: Palette) {
  const image = document.createElement('canvas');
  image.width = grid.columns;
  image.height = grid.rows;
  const to = image.getContext('2d');
  if (!to) {
    return;
  }
  const data = to.createImageData(grid.columns, grid.rows);
  new Uint32Array(data.data.buffer).set(pixels(grid, palette));
  to.putImageData(data, 0, 0);
  const [left, right] = horizontal(
    layout,
    timeToX(layout, grid.from),
    timeToX(layout, grid.from + grid.columns * grid.columnMs)
  );
  const [clipLeft, clipRight] = horizontal(layout, layout.plot.left, layout.plot.left + layout.plot.width);
  ctx.save();
  ctx.beginPath();
  ctx.rect(clipLeft, 0, clipRight - clipLeft, ctx.canvas.height);
  ctx.clip();
  ctx.imageSmoothingEnabled = false;
  grid.groups.forEach((group, i) => {
    const [top, bottom] = vertical(layout, layout.bands[i]);
    ctx.drawImage(image, 0, group.first, grid.columns, group.count, left, top, right - left, bottom - top);
  });
  ctx.restore();
}

function horizontal(layout: Layout, from: number, to: number): [number, number] {
  return [Math.round(from * layout.pixelRatio), Math.round(to * layout.pixelRatio)];
}

function vertical(layout: Layout, band: Band): [number, number] {
  const top = layout.plot.top + band.top;
  return horizontal(layout, top, top + band.height);
}

/** A line in each gap, from the labels to the plot's end; between sockets a stronger one. */
function drawBorders(ctx: CanvasRenderingContext2D, layout: Layout, ink: Ink) {
  const { plot, bands, gutter } = layout;
  for (let i = 1; i < bands.length; i++) {
    const above = bands[i - 1].top + bands[i - 1].height;
    const gap = bands[i].top - above;
    if (gap < 2) {
      continue;
    }
    const sockets = bands[i].socket !== bands[i - 1].socket;
    ctx.fillStyle = sockets ? ink.text : ink.line;
    const left = sockets ? 0 : gutter.socket;
    ctx.fillRect(left, Math.round(plot.top + above + gap / 2) - 0.5, plot.left + plot.width - left, 1);
  }
}

function drawTimes(ctx: CanvasRenderingContext2D, layout: Layout, ink: Ink, timeZone: string) {
  const { plot } = layout;
  const y = plot.top + plot.height;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'center';
  for (const tick of timeTicks(layout.from, layout.to, plot.width, timeZone)) {
    const x = timeToX(layout, tick.ms);
    const half = ctx.measureText(tick.label).width / 2;
    if (x - half < plot.left - 4 || x + half > layout.width) {
      continue;
    }
    ctx.fillStyle = ink.line;
    ctx.fillRect(Math.round(x), y, 1, 4);
    ctx.fillStyle = ink.text;
    ctx.fillText(tick.label, x, y + 7);
  }
}

function drawRows(ctx: CanvasRenderingContext2D, layout: Layout, heatmap: Heatmap, ink: Ink) {
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  ctx.fillStyle = ink.text;
  const right = layout.plot.left - 6;
  let free = -Infinity;
  for (const band of layout.bands) {
    const step = labelStep(band, LINE);
    for (let row = band.first; row < band.first + band.count; row += step) {
      const span = rowSpan(layout.bands, row);
      const y = within(layout.plot.top + (span ? span.top + span.height / 2 : 0), layout.plot.top, band);
      if (y - LINE / 2 < free) {
        continue;
      }
      free = y + LINE / 2;
      ctx.fillText(rowText(heatmap.rows[row]), right, y, layout.gutter.row - 6);
    }
  }
}

/** Keeps a label inside its band, off the border's line. */
function within(y: number, top: number, band: Band): number {
  const half = LINE / 2 - 1;
  return band.height < LINE ? y : Math.min(top + band.top + band.height - half, Math.max(top + band.top + half, y));
}

function drawGroups(ctx: CanvasRenderingContext2D, layout: Layout, ink: Ink) {
  const { gutter, plot } = layout;
  if (gutter.node > 0) {
    ctx.textAlign = 'left';
    let free = -Infinity;
    for (const band of layout.bands) {
      const y = plot.top + band.top + band.height / 2;
      if (band.node === undefined || y - LINE / 2 < free) {
        continue;
      }
      free = y + LINE / 2;
      ctx.fillStyle = ink.strong;
      ctx.fillText(gutter.node < 50 ? `n${band.node}` : `node ${band.node}`, gutter.socket + 2, y, gutter.node - 8);
      ctx.fillStyle = ink.line;
      ctx.fillRect(gutter.socket + gutter.node - 4, Math.round(plot.top + band.top), 2, Math.round(band.height));
    }
  }
  if (gutter.socket > 0) {
    drawSockets(ctx, layout, ink);
  }
}

function drawSockets(ctx: CanvasRenderingContext2D, layout: Layout, ink: Ink) {
  for (const span of socketSpans(layout.bands)) {
    if (span.socket === undefined) {
      continue;
    }
    const top = layout.plot.top + span.top;
    ctx.fillStyle = ink.line;
    ctx.fillRect(layout.gutter.socket - 5, Math.round(top), 2, Math.round(span.height));
    const long = `socket ${span.socket}`;
    const text = ctx.measureText(long).width <= span.height ? long : `s${span.socket}`;
    if (ctx.measureText(text).width > span.height) {
      continue;
    }
    ctx.save();
    ctx.translate(8, top + span.height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = 'center';
    ctx.fillStyle = ink.text;
    ctx.fillText(text, 0, 0);
    ctx.restore();
  }
}
