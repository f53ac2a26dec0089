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
