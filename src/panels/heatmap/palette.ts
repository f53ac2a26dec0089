import { RGB, hex, mix, pixel } from '../../canvas/colour';
import { FULL_VOLUME, Scale, divergingScale, faded, sequentialScale } from '../../canvas/scale';
import { Grid, NOTHING, VALUE } from './reduce';

export type ScaleChoice = 'auto' | 'diverging' | 'sequential';

/** What the picture's colours mean: which scale, up to which value, on which background. */
export interface Palette {
  diverging: boolean;
  max: number;
  background: RGB;
  nothing: RGB;
  hatch: RGB;
  scale: Scale;
  /** Pixels by value, for each volume class up to the full one; one table where there are no volumes. */
  tables: Uint32Array[];
}

const STEPS = 256;

export function makePalette(dark: boolean, diverging: boolean, max: number, weighted: boolean): Palette {
  const background = hex(dark ? '#181b1f' : '#ffffff');
  const scale = diverging ? divergingScale(dark) : sequentialScale(dark);
  const ink = hex(dark ? '#ffffff' : '#1b2733');
  const classes = weighted ? Array.from({ length: FULL_VOLUME + 1 }, (_, v) => v) : [FULL_VOLUME];
  return {
    diverging,
    max,
    background,
    nothing: mix(background, ink, dark ? 0.06 : 0.04),
    hatch: mix(background, ink, dark ? 0.24 : 0.2),
    scale,
    tables: classes.map((volume) => table(faded(scale, background, volume))),
  };
}

function table(scale: Scale): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => pixel(scale(i / (STEPS - 1))));
}

/** The colour of one cell, for the tooltip's swatch. */
export function colourOf(palette: Palette, value: number, volume: number | undefined): RGB {
  const scale = volume === undefined ? palette.scale : faded(palette.scale, palette.background, volume);
  return scale(value / palette.max);
}

/** One pixel a cell; what is missing stays transparent, and the hatch below shows. */
export function pixels(grid: Grid, palette: Palette): Uint32Array {
  const out = new Uint32Array(grid.rows * grid.columns);
  const nothing = pixel(palette.nothing);
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
