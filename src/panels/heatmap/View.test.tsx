import { EventBusSrv, DataHoverEvent, createTheme } from '@grafana/data';
import { act, fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { View, ViewProps } from './View';
import { CellCounts } from './cell';
import { bench1 } from './fixture';
import { heatmapOf } from './fixtureframes';
import { boxOf, centre } from './hit';
import { layOut } from './layout';
import { Heatmap } from './model';
import { defaults } from './options';
import { reduce } from './reduce';

const heatmap = heatmapOf(bench1, 'fault_remote_share', 'cpu');
const from = heatmap.times[0];
const to = from + 60_000;
const counts: CellCounts = { value: 0.31, numerator: 310, denominator: 1000, seconds: 0.6, runningShare: 0.5 };

function show(props: Partial<ViewProps> = {}, h: Heatmap = heatmap) {
  const all: ViewProps = {
    model: { heatmap: h },
    width: 1000,
    height: 500,
    theme: createTheme(),
    timeZone: 'utc',
    options: defaults,
    from,
    to,
    ...props,
  };
  return render(<View {...all} />);
}

/** Where a cell lies, read off the page as a browser test does. */
function pointOf(row: number, column: number) {
  const { dataset } = screen.getByTestId('heatmap');
  const canvas = { width: 1000, height: Number(dataset.plotTop) + Number(dataset.plotHeight) + 22 };
  const layout = layOut({
    ...canvas,
    from,
    to,
    compact: false,
    pixelRatio: 1,
    groups: heatmap.groups,
    rows: heatmap.rows,
  });
  const { x, y } = centre(boxOf(layout, reduce(heatmap, 1000, 500), { row, column })!);
  return { clientX: x, clientY: y };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('the tooltip names the cell, then its exact counts once the pointer rests', async () => {
  const fetchCell = jest.fn().mockResolvedValue(counts);
  show({ fetchCell });
  fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(70, 60));
  const tip = screen.getByTestId('heatmap-tooltip');
  expect(tip).toHaveTextContent('CPU 35 node 2 · socket 1');
  expect(tip).toHaveTextContent('06:50:36.000 – 06:50:36.600 (600 ms)');
  expect(screen.getByTestId('tooltip-counts')).toHaveTextContent(/^[\d,]+–[\d,]+ sampled minor faults/);
  expect(tip).toHaveTextContent('from fault samples (rung 3)');
  expect(fetchCell).not.toHaveBeenCalled();

  await act(() => jest.advanceTimersByTimeAsync(200));
  const asked = {
    view: 'cell',
    metric: 'fault_remote_share',
    by: 'cpu',
    host: 'bench1',
    instance: 35,
    from: from + 36_000,
    to: from + 36_600,
  };
  expect(fetchCell).toHaveBeenCalledWith(expect.objectContaining(asked), 'A', expect.anything());
  expect(screen.getByTestId('tooltip-counts')).toHaveTextContent('≈ 310 of 1,000 sampled minor faults');
  expect(tip).toHaveTextContent('estimate: counted 50 % of the time');
});

test('a pointer that moves on asks for the last cell only', async () => {
  const fetchCell = jest.fn().mockResolvedValue(counts);
  show({ fetchCell });
  for (const column of [10, 11, 12]) {
    fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(0, column));
    await act(() => jest.advanceTimersByTimeAsync(100));
  }
  await act(() => jest.advanceTimersByTimeAsync(200));
  expect(fetchCell).toHaveBeenCalledTimes(1);
  fireEvent.pointerLeave(screen.getByTestId('heatmap'));
  expect(screen.queryByTestId('heatmap-tooltip')).toBeNull();
});

test('a source that cannot tell leaves the volume class', async () => {
  show({ fetchCell: jest.fn().mockRejectedValue(new Error('no')) });
  fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(70, 60));
  await act(() => jest.advanceTimersByTimeAsync(200));
  expect(screen.getByTestId('tooltip-counts')).toHaveTextContent('–');
});

test('missing is not none', () => {
  const row = { ...heatmap.rows[0], values: [null, null, 0.5], volumes: [null, 0, 3] };
  show({}, { ...heatmap, rows: [row, ...heatmap.rows.slice(1)] });
  fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(0, 0));
  expect(screen.getByTestId('tooltip-value')).toHaveTextContent('not known');
  fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(0, 1));
  expect(screen.getByTestId('tooltip-value')).toHaveTextContent('none');
  expect(screen.getByTestId('tooltip-counts')).toHaveTextContent(/^0 sampled minor faults/);
});

test('a drag zooms, a click picks', () => {
  const onZoom = jest.fn();
  const onPick = jest.fn();
  show({ onZoom, onPick });
  const target = screen.getByTestId('heatmap');
  const left = Number(target.dataset.plotLeft);
  const width = Number(target.dataset.plotWidth);
  fireEvent.pointerDown(target, { button: 0, clientX: left + width / 2, clientY: 50 });
  fireEvent.pointerMove(target, { clientX: left + width / 4, clientY: 60 });
  fireEvent.pointerUp(target);
  expect(onZoom).toHaveBeenCalledWith(from + 15_000, from + 30_000);
  expect(onPick).not.toHaveBeenCalled();
  fireEvent.pointerDown(target, { button: 0, clientX: left + 10, clientY: 50 });
  fireEvent.pointerUp(target);
  expect(onPick).toHaveBeenCalledTimes(1);
  expect(onZoom).toHaveBeenCalledTimes(1);
});

test('arrow keys move a cell cursor and say where it is', () => {
  show();
  const target = screen.getByTestId('heatmap');
  fireEvent.keyDown(target, { key: 'ArrowRight' });
  fireEvent.keyDown(target, { key: 'ArrowDown' });
  expect(target.querySelector('[aria-live]')).toHaveTextContent(/^CPU 64, 06:50:59.400/);
  fireEvent.keyDown(target, { key: 'Escape' });
  expect(screen.queryByTestId('heatmap-tooltip')).toBeNull();
});

test('the crosshair is shared both ways, and not with oneself', () => {
  const all = new EventBusSrv();
  const bus = all.newScopedBus('me', { onlyLocal: false });
  const heard: number[] = [];
  all.getStream(DataHoverEvent).subscribe((e) => heard.push(e.payload.point.time as number));
  const { container } = show({ eventBus: bus });
  fireEvent.pointerMove(screen.getByTestId('heatmap'), pointOf(0, 50));
  expect(heard).toHaveLength(1);
  expect(Math.abs(heard[0] - (from + 50.5 * 600))).toBeLessThan(50);
  fireEvent.pointerLeave(screen.getByTestId('heatmap'));
  const lines = () => container.querySelectorAll('[data-testid="heatmap"] > div').length;
  expect(lines()).toBe(0);
  act(() =>
    all.newScopedBus('other', { onlyLocal: false }).publish(new DataHoverEvent({ point: { time: from + 1000 } }))
  );
  expect(lines()).toBe(1);
});

test('a problem is a sentence, and notices stand beside the picture', () => {
  const { unmount } = show({ model: { problem: 'There is no data in this time range.' } });
  expect(screen.getByRole('status')).toHaveTextContent('There is no data in this time range.');
  unmount();
  show({}, { ...heatmap, emulated: 'QEMU', notices: ['Counters ran 40 % of the time.', 'Only the command.'] });
  const notices = screen.getByTestId('heatmap-notices');
  expect(notices).toHaveTextContent('Emulated, not hardware: QEMU');
  expect(notices).toHaveTextContent('2 more: Counters ran 40 % of the time. Only the command.');
  fireEvent.click(notices.querySelector('button')!);
  expect(notices.querySelectorAll('div')).toHaveLength(3);
});
