import { CoreApp, DataSourceInstanceSettings } from '@grafana/data';
import { TemplateSrv, setTemplateSrv } from '@grafana/runtime';
import { ListedMetric, NumalensDataSource } from './datasource';
import { metricOptions } from './pickers';
import { NumalensQuery } from './query';
import { Settings } from './settings';

const source = new NumalensDataSource({
  uid: 'u',
  name: 'numalens',
  type: 'numalens-datasource',
  jsonData: {},
} as DataSourceInstanceSettings<Settings>);
const getResource = jest.spyOn(source, 'getResource');

beforeEach(() => {
  getResource.mockReset();
  const templates: Partial<TemplateSrv> = { replace: (text) => (text ?? '').replace('$host', 'bench1') };
  setTemplateSrv(templates as TemplateSrv);
});

const query: NumalensQuery = { refId: 'A', view: 'heatmap', metric: 'minor_faults' };

test('alert rules begin with numbers, annotations with what was recorded', () => {
  expect(source.getDefaultQuery(CoreApp.UnifiedAlerting)).toEqual({ view: 'numbers' });
  expect(source.getDefaultQuery(CoreApp.Dashboard)).toEqual({ view: 'heatmap' });
  expect(source.annotations.getDefaultQuery?.()).toEqual({ view: 'annotations' });
});

test('variables are filled in', () => {
  expect(source.applyTemplateVariables({ ...query, host: '$host', run: '$host-1' }, {})).toMatchObject({
    host: 'bench1',
    run: 'bench1-1',
    metric: 'minor_faults',
  });
});

test('a filter takes variables as they are typed', () => {
  const filled = source.applyTemplateVariables({ ...query, view: 'hotspots', filter: '^$host' }, {});
  expect(filled.filter).toBe('^bench1');
});

test('a query says what it is narrowed to', () => {
  const hotspots: NumalensQuery = { refId: 'A', view: 'hotspots', metric: 'allocations.page', host: 'b' };
  expect(source.getQueryDisplayText({ ...hotspots, remote: true, filter: 'tcp_' })).toBe(
    'hotspots allocations.page remote only /tcp_/ b'
  );
  expect(source.getQueryDisplayText({ ...query, remote: true })).toBe('heatmap minor_faults');
});

test('a picture needs a metric, a listing does not', () => {
  expect(source.filterQuery(query)).toBe(true);
  expect(source.filterQuery({ ...query, metric: undefined })).toBe(false);
  expect(source.filterQuery({ ...query, view: 'runs', metric: undefined })).toBe(true);
  expect(source.filterQuery({ ...query, hide: true })).toBe(false);
});

test('variable queries', async () => {
  getResource.mockResolvedValueOnce([{ host: 'bench1', runs: 1, newestMs: null }]);
  expect(await source.metricFindQuery('hosts')).toEqual([{ text: 'bench1', value: 'bench1' }]);
  getResource.mockResolvedValueOnce([{ run: 'r1', name: 'stream' }, { run: 'r2' }]);
  expect(await source.metricFindQuery('runs($host)')).toEqual([
    { text: 'newest in the time range', value: 'newest' },
    { text: 'stream (r1)', value: 'r1' },
    { text: 'r2', value: 'r2' },
  ]);
  expect(getResource).toHaveBeenLastCalledWith('runs', { host: 'bench1' });
  getResource.mockResolvedValueOnce([
    { name: 'a', title: 'A', available: true },
    { name: 'b', title: 'B', available: false },
  ]);
  expect(await source.metricFindQuery('metrics')).toEqual([{ text: 'A', value: 'a' }]);
  await expect(source.metricFindQuery('nodes')).rejects.toThrow('“nodes” is not known');
});

test('metrics are grouped; what is not available comes last and cannot be chosen', () => {
  const metric = (name: string, kind: string, available: boolean) =>
    ({
      name,
      title: name.toUpperCase(),
      kind,
      help: 'One. Two.',
      available,
      why: 'no such event',
      remedy: 'use hardware',
    }) as ListedMetric;
  const options = metricOptions([metric('x', 'share', false), metric('r', 'rate', true), metric('s', 'share', true)]);
  expect(options.map((o) => [o.value, o.group, o.infoOption])).toEqual([
    ['s', 'Local or remote', undefined],
    ['r', 'Rates', undefined],
    ['x', 'Not available in this run', true],
  ]);
  expect(options[0].description).toBe('One.');
  expect(options[2].description).toBe('no such event; use hardware');
});
