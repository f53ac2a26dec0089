import { createTheme, dataFrameFromJSON } from '@grafana/data';
import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { flameResponse } from '../tracedfixture';
import { View } from './View';
import { Colouring, makePalette } from './colour';
import { ROW } from './layout';
import { toFlame } from './model';

const frames = (asked = {}) => flameResponse(asked).results.A.frames.map((f) => dataFrameFromJSON(f as never));

function show(colouring: Colouring = 'remote') {
  const flame = toFlame(frames()).flame!;
  render(<View flame={flame} colouring={colouring} width={1000} theme={createTheme()} />);
  return { flame, picture: screen.getByTestId('flame') };
}

const at = (level: number, x: number) => ({ clientX: x, clientY: level * ROW + 5 });

test('the pointer tells a box, and leaves none behind', () => {
  const { picture } = show();
  fireEvent.pointerMove(picture, at(1, 10));
  const tip = screen.getByTestId('flame-tooltip');
  expect(tip).toHaveTextContent('node 2900 MiB47.5 % of all100 % of it on another node than the CPU’s');
  fireEvent.pointerMove(picture, at(14, 900));
  expect(screen.queryByTestId('flame-tooltip')).toBeNull();
});

test('a click zooms, and the way back stands above', () => {
  const { picture } = show();
  fireEvent.click(picture, at(1, 10));
  expect(picture).toHaveAttribute('data-zoomed', 'node 2');
  fireEvent.click(picture, at(4, 990));
  expect(picture).toHaveAttribute('data-zoomed', 'PostgresMain');
  expect(screen.getByTestId('flame-crumbs')).toHaveTextContent('allnode 2_startmainPostgresMain');
  fireEvent.click(screen.getByRole('button', { name: 'all' }));
  expect(picture).toHaveAttribute('data-zoomed', 'all');
  expect(screen.queryByTestId('flame-crumbs')).toBeNull();
});

test('the keys walk, zoom and come back', () => {
  const { picture } = show();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) {
    fireEvent.keyDown(picture, { key });
  }
  expect(picture.querySelector('[aria-live]')).toHaveTextContent(/^node 0, 530 MiB, 28.0 % of all/);
  fireEvent.keyDown(picture, { key: 'Enter' });
  expect(picture).toHaveAttribute('data-zoomed', 'node 0');
  fireEvent.keyDown(picture, { key: 'Escape' });
  expect(picture).toHaveAttribute('data-zoomed', 'all');
});

test('colours by remote share, or by node', () => {
  const { flame } = show('node');
  expect(screen.getByTestId('flame-legend')).toHaveTextContent('node 0node 1node 2node 3 not known');
  const [byNode, byRemote] = (['node', 'remote'] as const).map((c) => makePalette(true, c, flame.nodes));
  const box = (node: string | undefined, remote: number | undefined) => ({ ...flame.boxes[1], node, remote });
  expect(byNode.of(box('0', 0))).toEqual(byNode.of(box('0', 1)));
  expect(byNode.of(box('0', 0))).not.toEqual(byNode.of(box('1', 0)));
  expect(byRemote.of(box('0', 0))).toEqual(byRemote.of(box('1', 0)));
  expect(byRemote.of(box('0', undefined))).toEqual(byRemote.unknown);
});
