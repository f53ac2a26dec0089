import { createTheme, dataFrameFromJSON } from '@grafana/data';
import { fireEvent, render, screen, within } from '@testing-library/react';
import React from 'react';
import { hotspotsResponse } from '../tracedfixture';
import { View } from './View';
import { toHotspots } from './model';

function show(asked = {}) {
  const frames = hotspotsResponse(asked).results.A.frames.map((f) => dataFrameFromJSON(f as never));
  const onFilter = jest.fn();
  render(<View hotspots={toHotspots(frames).hotspots!} theme={createTheme()} onFilter={onFilter} />);
  return { onFilter, rows: () => screen.getAllByTestId('hotspot') };
}

test('who, from where to where, and how much', () => {
  const { rows } = show({ limit: 3 });
  expect(rows()).toHaveLength(4);
  expect(rows()[0]).toHaveTextContent(/^alloc_anon_folio < do_anonymous_page .*postgres \[4120\]/);
  expect(rows()[0]).toHaveTextContent('node 0 → node 2other socket900 MiB230,40047.5 %');
  expect(rows()[1]).toHaveTextContent('node 0410 MiB');
  expect(within(rows()[3]).queryByRole('button')).toBeNull();
  expect(rows()[3]).toHaveTextContent('(others)');
});

test('a header sorts, again the other way', () => {
  const { rows } = show();
  const header = screen.getByRole('columnheader', { name: 'Count' });
  expect(screen.getByRole('columnheader', { name: 'Bytes' })).toHaveAttribute('aria-sort', 'descending');
  fireEvent.click(within(header).getByRole('button'));
  expect(header).toHaveAttribute('aria-sort', 'descending');
  fireEvent.click(within(header).getByRole('button'));
  expect(header).toHaveAttribute('aria-sort', 'ascending');
  expect(rows()[0]).toHaveTextContent('swapper_fill');
});

test('a row opens to its stack, whose names narrow everything', () => {
  const { onFilter, rows } = show();
  expect(screen.queryByTestId('stack')).toBeNull();
  const open = within(rows()[2]).getByRole('button');
  fireEvent.click(open);
  expect(open).toHaveAttribute('aria-expanded', 'true');
  const stack = screen.getByTestId('stack');
  expect(within(stack).getAllByRole('listitem')).toHaveLength(9);
  fireEvent.click(within(stack).getByText('main.(*Pool).Get'));
  expect(onFilter).toHaveBeenLastCalledWith('^\\Qmain.(*Pool).Get\\E$');
  fireEvent.click(within(stack).getByText('api'));
  expect(onFilter).toHaveBeenLastCalledWith('^api$');
  fireEvent.click(open);
  expect(screen.queryByTestId('stack')).toBeNull();
});
