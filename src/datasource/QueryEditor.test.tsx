import { act, fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { QueryEditor } from './QueryEditor';
import { ListedMetric, NumalensDataSource } from './datasource';
import { NumalensQuery } from './query';

const metric: ListedMetric = {
  name: 'ipc',
  title: 'Instructions per cycle',
  kind: 'ratio',
  unit: 'short',
  help: 'Retired per cycle.',
  denominator: 'cycles',
  rung: 0,
  rungName: 'none',
  by: ['cpu', 'node'],
  available: true,
  why: '',
  remedy: '',
};

async function show(query: Partial<NumalensQuery>, source: Partial<NumalensDataSource> = {}) {
  const datasource = {
    hosts: async () => [],
    runs: async () => [],
    metrics: async () => [metric],
    ...source,
  } as unknown as NumalensDataSource;
  const onChange = jest.fn();
  const onRunQuery = jest.fn();
  await act(async () => {
    render(
      <QueryEditor
        datasource={datasource}
        query={{ refId: 'A', view: 'heatmap', ...query }}
        onChange={onChange}
        onRunQuery={onRunQuery}
      />
    );
  });
  return { onChange, onRunQuery };
}

test('a metric shows its help, unit and denominator, and offers its groupings only', async () => {
  await show({ metric: 'ipc' });
  expect(screen.getByText(/Retired per cycle. Denominator: cycles. Unit: short./)).toBeInTheDocument();
  expect(screen.getByLabelText('Node')).toBeInTheDocument();
  expect(screen.queryByLabelText('Socket')).toBeNull();
  expect(screen.getByLabelText('Command')).toBeInTheDocument();
});

test('choosing runs the query', async () => {
  const { onChange, onRunQuery } = await show({ metric: 'ipc' });
  fireEvent.click(screen.getByLabelText('Node'));
  expect(onChange).toHaveBeenCalledWith({ refId: 'A', view: 'heatmap', metric: 'ipc', by: 'node' });
  expect(onRunQuery).toHaveBeenCalled();
});

test('a query without a view gets the one that is shown', async () => {
  const { onChange } = await show({ view: undefined, metric: 'ipc' });
  fireEvent.click(screen.getByLabelText('Node'));
  expect(onChange).toHaveBeenCalledWith({ refId: 'A', view: 'heatmap', metric: 'ipc', by: 'node' });
});

test('a listing needs no metric', async () => {
  await show({ view: 'runs' });
  expect(screen.queryByLabelText('Metric')).toBeNull();
  expect(screen.queryByLabelText('Run')).toBeNull();
});

test('why there is no list is told at the field', async () => {
  await show({}, { hosts: () => Promise.reject({ data: { error: 'agent bench1 refused the token' } }) });
  expect(screen.getByText('agent bench1 refused the token')).toBeInTheDocument();
});

test('the unit has the name that Grafana gives it', async () => {
  await show({ metric: 'ipc' }, { metrics: async () => [{ ...metric, unit: 'percentunit' }] });
  expect(screen.getByText(/Unit: Percent \(0.0-1.0\)\./)).toBeInTheDocument();
});

const allocations = ['page', 'page_count', 'page_remote_share'].map((n) => ({
  ...metric,
  name: `allocations.${n}`,
  title: n,
  by: ['node' as const],
}));
const withAllocations = { metrics: async () => [metric, ...allocations] };

test('a view of stacks has its own fields, and no grouping or scope', async () => {
  await show({ view: 'hotspots', metric: 'allocations.page' }, withAllocations);
  for (const field of ['Filter', 'Remote only', 'Limit']) {
    expect(screen.getByLabelText(field)).toBeInTheDocument();
  }
  expect(screen.getByPlaceholderText('100')).toBeInTheDocument();
  expect(screen.queryByLabelText('Node')).toBeNull();
  expect(screen.queryByText('Scope')).toBeNull();
});

test('who turns to hotspots gets allocations', async () => {
  const { onChange } = await show({ metric: 'ipc', by: 'cpu' }, withAllocations);
  fireEvent.click(screen.getByLabelText('Hotspots'));
  const asked = { refId: 'A', view: 'hotspots', metric: 'allocations.page' };
  expect(onChange).toHaveBeenLastCalledWith(asked);
});

test('a metric that has stacks is kept from view to view', async () => {
  const { onChange } = await show({ view: 'hotspots', metric: 'allocations.page_count' }, withAllocations);
  for (const view of ['Flame', 'Series']) {
    fireEvent.click(screen.getByLabelText(view));
    expect(onChange.mock.lastCall[0].metric).toBe('allocations.page_count');
  }
});

test('a filter is checked as it is typed, and asked for when it is done', async () => {
  const { onChange } = await show({ view: 'flame', metric: 'allocations.page' }, withAllocations);
  const field = screen.getByLabelText('Filter');
  fireEvent.change(field, { target: { value: 'tcp_(' } });
  expect(screen.getByText('Not a filter: unterminated group')).toBeInTheDocument();
  fireEvent.blur(field);
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.change(field, { target: { value: 'tcp_' } });
  expect(screen.queryByText(/Not a filter/)).toBeNull();
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(onChange).toHaveBeenLastCalledWith({ refId: 'A', view: 'flame', metric: 'allocations.page', filter: 'tcp_' });
});

test('remote only, and a limit within its bounds', async () => {
  const { onChange } = await show({ view: 'hotspots', metric: 'allocations.page' }, withAllocations);
  fireEvent.click(screen.getByLabelText('Remote only'));
  expect(onChange.mock.lastCall[0].remote).toBe(true);
  const limit = screen.getByLabelText('Limit');
  for (const [typed, asked] of [
    ['20', 20],
    ['99999', 10_000],
    ['-3', undefined],
  ]) {
    fireEvent.change(limit, { target: { value: typed } });
    fireEvent.blur(limit);
    expect(onChange.mock.lastCall[0].limit).toBe(asked);
  }
});

test('figures are asked by what they are of, and another view does not keep that', async () => {
  const { onChange } = await show({ view: 'figures', scope: 'cacheline', filter: 'hitm' });
  expect(screen.getByLabelText('Of a')).toHaveValue('cacheline');
  expect(screen.queryByLabelText('Metric')).toBeNull();
  fireEvent.click(screen.getByLabelText('Value'));
  expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ sort: 'value' }));
  fireEvent.click(screen.getByLabelText('Heatmap'));
  expect(onChange).toHaveBeenLastCalledWith(
    expect.objectContaining({ view: 'heatmap', scope: undefined, filter: undefined })
  );
});
