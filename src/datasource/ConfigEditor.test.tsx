import { DataSourceSettings } from '@grafana/data';
import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { ConfigEditor } from './ConfigEditor';
import { tellTested } from './health';
import { Secrets, Settings } from './settings';

function show(jsonData: Settings, secureJsonFields: Record<string, boolean> = {}) {
  const onOptionsChange = jest.fn();
  const options = { uid: 'here', jsonData, secureJsonFields } as unknown as DataSourceSettings<Settings, Secrets>;
  render(<ConfigEditor options={options} onOptionsChange={onOptionsChange} />);
  return onOptionsChange;
}

const bench1 = { name: 'bench1', url: 'https://bench1:9177' };

test('a directory', () => {
  const changed = show({});
  fireEvent.change(screen.getByLabelText('Directory of exports'), { target: { value: '/data' } });
  expect(changed).toHaveBeenCalledWith(expect.objectContaining({ jsonData: { directory: '/data' } }));
});

test('a wrong URL is told at its field', () => {
  show({ agents: [{ name: 'bench1', url: 'bench1' }] });
  expect(screen.getByRole('alert')).toHaveTextContent('looks like https://bench1:9177');
});

test('a token goes to the secrets, under the agent’s name', () => {
  const changed = show({ agents: [bench1] });
  fireEvent.change(screen.getByLabelText('Token of bench1'), { target: { value: 's3cret' } });
  const [[options]] = changed.mock.calls;
  expect(options.secureJsonData).toEqual({ 'token.bench1': 's3cret' });
  expect(JSON.stringify(options.jsonData)).not.toContain('s3cret');
});

test('agents are added and removed', () => {
  const changed = show({ agents: [bench1] }, { 'token.bench1': true });
  fireEvent.click(screen.getByText('Add an agent'));
  expect(changed.mock.calls[0][0].jsonData.agents).toEqual([bench1, { name: '', url: '' }]);
  fireEvent.click(screen.getByLabelText('Remove bench1'));
  expect(changed.mock.calls[1][0].jsonData.agents).toEqual([]);
});

test('what the server said of a token and a directory stands at their fields, and what answered beside', () => {
  const settings = { directory: '/gone', agents: [bench1, { name: 'bench2', url: 'https://bench2:9177' }] };
  tellTested('here', {
    settings,
    health: {
      fields: { directory: 'exports in /gone: no such file or directory', 'agents.0.token': 'the token is wrong' },
      hosts: [{ host: 'metal', source: 'bench2', runs: 2, ageSeconds: 1, rung: 'counters' }],
    },
  });
  show(settings);
  expect(screen.getAllByRole('alert').map((e) => e.textContent)).toEqual([
    'exports in /gone: no such file or directory',
    'the token is wrong',
  ]);
  expect(screen.getByText('metal: 2 runs, counters')).toBeVisible();
});

test('an engine is chosen, and then how it is reached', () => {
  const changed = show({});
  expect(screen.queryByLabelText("Labels of the engine's series")).toBeNull();
  fireEvent.click(screen.getByLabelText('Prometheus-compatible'));
  expect(changed.mock.calls[0][0].jsonData).toEqual({ engine: 'prometheus' });
});

test('an engine’s labels are checked, and what the server said of it is told', () => {
  const settings: Settings = { engine: 'prometheus', engineSelector: 'lab' };
  tellTested('here', { settings, health: { fields: { url: 'engine http://x: it does not answer' } } });
  const changed = show(settings);
  expect(screen.getByText('engine http://x: it does not answer')).toBeVisible();
  expect(screen.getByText('Labels look like cluster="lab", rack=~"b.*".')).toBeVisible();
  fireEvent.change(screen.getByLabelText('Days that the engine is looked back'), { target: { value: '7' } });
  expect(changed.mock.calls[0][0].jsonData).toEqual({ ...settings, engineHistoryDays: 7 });
});
