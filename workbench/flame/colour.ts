import { RGB, hex, mix } from '../../src/canvas/colour';
import { divergingScale } from '../../src/canvas/scale';
import { Box } from './model';

export type Colouring = 'remote' | 'node';

/** Colours of a flame: by the remote share on the heatmap's own scale, or one for each node. */
export interface Palette {
  colouring: Colouring;
  of: (box: Box) => RGB;
  unknown: RGB;
  ground: RGB;
}

// Told apart by lightness as well as hue; from the ninth node on they begin anew.
const DARK = ['#5b8ff9', '#e8a33d', '#5ad8a6', '#c678dd', '#f6c85f', '#4fb3bf', '#e06c75', '#9aa5b1'];
const LIGHT = ['#3a6fd8', '#b8690f', '#1f8f63', '#8e44ad', '#a8861a', '#19798a', '#c0392b', '#5f6b76'];

export function makePalette(dark: boolean, colouring: Colouring, nodes: string[]): Palette {
  const unknown = hex(dark ? '#4a4f57' : '#c9ced4');
  const ground = hex(dark ? '#181b1f' : '#ffffff');
  const scale = divergingScale(dark);
  const hues = (dark ? DARK : LIGHT).map(hex);
  const ofNode = (node: string | undefined) =>
    node === undefined ? unknown : hues[Math.max(0, nodes.indexOf(node)) % hues.length];
  return {
    colouring,
    unknown,
    ground,
    of: (box) => {
      if (colouring === 'node') {
        // Levels by turns a little paler, so that a tower of one node is not one block.
        return mix(ofNode(box.node), ground, box.level % 2 === 0 ? 0 : 0.14);
      }
      return box.remote === undefined ? unknown : scale(box.remote);
    },
  };
}

/** Black or white, whichever reads better on a colour. */
export function inkOn([r, g, b]: RGB): string {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#12151a' : '#ffffff';
}
