import { RGB, hex, mix, pixel } from '../../canvas/colour';
import { FULL_VOLUME, Scale, divergingScale, faded, sequentialScale } from '../../canvas/scale';
import { Grid, NOTHING, VALUE } from './reduce';

export type ScaleChoice = 'auto' | 'diverging' | 'sequential';

/** What the picture's colours mean: which scale, up to which value, on which ground. */
export interface Palette {
  diverging: boolean;
  max: number;
  /** Where nothing happened; shares of few counts fade towards it. */
  ground: RGB;
  /** Below what is missing: the panel's own background, with lines. */
  panel: RGB;
  hatch: RGB;
  scale: Scale;
  /** Pixels by value, for each volume class up to the full one; one table where there are no volumes. */
  tables: Uint32Array[];
}

const STEPS = 256;

export function makePalette(dark: boolean, diverging: boolean, max: number, weighted: boolean): Palette {
  // The plot's own ground, a little off the panel's, so that idle rows and
  // the gaps between nodes can be told apart.
  const ground = hex(dark ? '#25292f' : '#eef0f2');
  const scale = diverging ? divergingScale(dark) : sequentialScale(dark);
  const ink = hex(dark ? '#ffffff' : '#1b2733');
  const classes = weighted ? Array.from({ length: FULL_VOLUME + 1 }, (_, v) => v) : [FULL_VOLUME];
  return {
    diverging,
    max,
    ground,
    panel: hex(dark ? '#181b1f' : '#ffffff'),
    hatch: mix(ground, ink, dark ? 0.26 : 0.28),
    scale,
    tables: classes.map((volume) => table(faded(scale, ground, volume))),
  };
}

function table(scale: Scale): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => pixel(scale(i / (STEPS - 1))));
}

/** The colour of one cell, for the tooltip's swatch. */
export function colourOf(palette: Palette, value: number, volume: number | undefined): RGB {
  const scale = volume === undefined ? palette.scale : faded(palette.scale, palette.ground, volume);
  return scale(value / palette.max);
}

/** One pixel a cell; what is missing stays transparent, and the hatch below shows. */
export function pixels(grid: Grid, palette: Palette): Uint32Array {
  const out = new Uint32Array(grid.rows * grid.columns);
  const nothing = pixel(palette.ground);
  const last = palette.tables.length - 1;
  for (let i = 0; i < out.length; i++) {
    if (grid.state[i] === VALUE) {
      const step = Math.round((grid.value[i] / palette.max) * (STEPS - 1));
      out[i] = palette.tables[Math.min(last, grid.volume[i])][Math.min(STEPS - 1, Math.max(0, step))];
    } else if (grid.state[i] === NOTHING) {
      out[i] = nothing;
    }
  }
  return out;
}
