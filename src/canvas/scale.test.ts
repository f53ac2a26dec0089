import { RGB, distance, encoded, hex, linear, toLab } from './colour';
import { EVEN, FULL_VOLUME, divergingScale, faded, sequentialScale, strength } from './scale';

// Machado, Oliveira, Fernandes 2009: how a dichromat sees a colour, severity 1, on linear light.
const dichromats: Record<string, number[][]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seenBy(matrix: number[][], [r, g, b]: RGB): RGB {
  const light = [linear(r), linear(g), linear(b)];
  const [x, y, z] = matrix.map((row) => encoded(row.reduce((sum, w, i) => sum + w * light[i], 0)));
  return [x, y, z];
}

const backgrounds = { dark: hex('#181b1f'), light: hex('#ffffff') };

describe.each([
  ['dark', true],
  ['light', false],
] as const)('%s', (name, dark) => {
  const background = backgrounds[name];
  const diverging = divergingScale(dark);

  test.each(Object.entries(dichromats))('%s tells local, even and remote apart', (_, matrix) => {
    const [local, even, remote] = [0, EVEN, 1].map((t) => seenBy(matrix, diverging(t)));
    expect(distance(local, remote)).toBeGreaterThan(0.3);
    expect(distance(local, even)).toBeGreaterThan(0.12);
    expect(distance(even, remote)).toBeGreaterThan(0.12);
  });

  // Not tritanopia: its simulation leaves the screen's gamut at the orange end and says nothing there.
  test.each(Object.entries(dichromats).slice(0, 2))('%s sees every tenth of the scale in order', (_, matrix) => {
    for (let i = 0; i < 10; i++) {
      const [a, b] = [i / 10, (i + 1) / 10].map((t) => seenBy(matrix, diverging(t)));
      expect(distance(a, b)).toBeGreaterThan(0.02);
    }
  });

  test('lightness goes one way, so that the scale survives grey print', () => {
    const sign = dark ? 1 : -1;
    for (let i = 0; i < 10; i++) {
      const [a, b] = [i / 10, (i + 1) / 10].map((t) => toLab(diverging(t))[0]);
      expect(sign * (b - a)).toBeGreaterThan(0.005);
    }
  });

  test('both ends stand out from the background', () => {
    expect(distance(diverging(0), background)).toBeGreaterThan(0.15);
    expect(distance(diverging(1), background)).toBeGreaterThan(0.4);
  });

  test('remote is stronger than local', () => {
    expect(distance(diverging(1), background)).toBeGreaterThan(distance(diverging(0), background));
  });

  test('few counts fade: three remote accesses are weaker than many half remote ones', () => {
    const three = faded(diverging, background, 2)(1);
    const many = faded(diverging, background, FULL_VOLUME)(0.5);
    expect(distance(three, background)).toBeLessThan(distance(many, background));
    expect(distance(faded(diverging, background, 0)(1), background)).toBeLessThan(0.01);
  });

  test('sequential steps are equally far apart', () => {
    const scale = sequentialScale(dark);
    const steps = Array.from({ length: 16 }, (_, i) => distance(scale(i / 16), scale((i + 1) / 16)));
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.35);
  });

  test('sequential lightness goes one way', () => {
    const scale = sequentialScale(dark);
    const sign = dark ? 1 : -1;
    for (let i = 0; i < 16; i++) {
      expect(sign * (toLab(scale((i + 1) / 16))[0] - toLab(scale(i / 16))[0])).toBeGreaterThan(0);
    }
  });
});

test('strength grows with the volume and ends at 1', () => {
  const all = Array.from({ length: 20 }, (_, v) => strength(v));
  expect(all[0]).toBe(0);
  expect(all[1]).toBeGreaterThan(0.1);
  expect(all[FULL_VOLUME]).toBe(1);
  expect(all).toEqual([...all].sort((a, b) => a - b));
});
