import { css, mix } from '../../src/canvas/colour';
import { Palette, inkOn } from './colour';
import { Layout, Placed, ROW } from './layout';

/** Narrower boxes have no room for a word. */
const WORD = 26;
const PAD = 5;

/** Draws every box; what follows the pointer lies above, in elements of its own. */
export function draw(canvas: HTMLCanvasElement, layout: Layout, palette: Palette, font: string, ratio: number) {
  canvas.width = Math.max(1, Math.round(layout.width * ratio));
  canvas.height = Math.max(1, Math.round(layout.height * ratio));
  const ctx = canvas.getContext('2d');
  if (!ctx) {
    return;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.font = `12px ${font}`;
  ctx.textBaseline = 'middle';
  for (const placed of layout.rows.flat()) {
    drawBox(ctx, placed, palette);
  }
}

function drawBox(ctx: CanvasRenderingContext2D, { box, left, width, top, base }: Placed, palette: Palette) {
  const plain = palette.of(box);
  const colour = base ? mix(plain, palette.ground, 0.45) : plain;
  ctx.fillStyle = css(colour);
  // A hair between neighbours, which narrow boxes cannot spare.
  const gap = width > 3 ? 1 : 0;
  ctx.fillRect(left, top, width - gap, ROW - 1);
  if (width < WORD) {
    return;
  }
  ctx.fillStyle = inkOn(colour);
  ctx.fillText(
    fitting(box.label, width - 2 * PAD, (text) => ctx.measureText(text).width),
    left + PAD,
    top + ROW / 2
  );
}

/**
 * As much of a label as has room. The end of a function's name tells more than
 * the path of its package, so a Go path is left out first.
 */
export function fitting(label: string, room: number, measure: (text: string) => number): string {
  if (measure(label) <= room) {
    return label;
  }
  const short = label.slice(label.lastIndexOf('/') + 1);
  if (measure(short) <= room) {
    return short;
  }
  let [low, high] = [0, short.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(short.slice(0, middle) + '…') <= room) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low === 0 ? '' : short.slice(0, low) + '…';
}
