import { Host, ListedMetric, Run } from '../src/datasource/datasource';
import { chooseBy, chooseHost, chooseMetric, chooseRun, chooseTiles, whyNothing } from './choose';

const metric = (name: string, available = true, by = ['cpu', 'node']) =>
  ({ name, title: name, by, available, why: 'no PMU', remedy: 'use hardware' }) as ListedMetric;
const metrics = [
  metric('remote_dram_share', false),
  metric('fault_remote_share'),
  metric('context_switches'),
  metric('numa_hit', true, ['node']),
];
const host: Host = { host: 'bench1', runs: 1, newestMs: 5 };
const run = { run: 'r1' } as Run;

test('the best evidence that the run has', () => {
  expect(chooseMetric(metrics)?.name).toBe('fault_remote_share');
  expect(chooseMetric(metrics, 1)?.name).toBe('context_switches');
  expect(chooseMetric([metric('x')])?.name).toBe('x');
  expect(chooseMetric([metric('x', false)])).toBeUndefined();
});

test('tiles are available and in their grouping', () => {
  expect(chooseTiles(metrics).map((t) => `${t.metric.name} ${t.by}`)).toEqual([
    'fault_remote_share cpu',
    'fault_remote_share node',
    'context_switches cpu',
    'numa_hit node',
  ]);
});

test('a grouping that the metric lacks falls back to its finest', () => {
  expect(chooseBy(metrics[3], 'cpu')).toBe('node');
  expect(chooseBy(metrics[1], 'node')).toBe('node');
  expect(chooseBy(metrics[1], undefined)).toBe('cpu');
});

test('the host with the newest sample, the newest run', () => {
  const old = { host: 'old', runs: 1, newestMs: null };
  expect(chooseHost([old, host], undefined)).toBe(host);
  expect(chooseHost([old, host], 'old')).toBe(old);
  expect(chooseHost([host], 'gone')).toBeUndefined();
  expect(chooseRun([run, { run: 'r0' } as Run], undefined)).toBe(run);
});

test('why there is no picture', () => {
  const why = whyNothing;
  expect(why({ place: {} })).toBeUndefined();
  expect(why({ place: {}, problem: 'refused' })).toBe('refused');
  expect(why({ place: {}, hosts: [] })).toContain('No host has been recorded here yet');
  expect(why({ place: { host: 'b' }, hosts: [host] })).toBe('There is no host b; there is bench1.');
  expect(why({ place: {}, hosts: [host], host })).toBeUndefined();
  expect(why({ place: { run: 'r9' }, hosts: [host], host, runs: [run] })).toBe(
    'Host bench1 has no run r9; there is r1.'
  );
  expect(why({ place: { metric: 'm' }, hosts: [host], host, runs: [run], run, metrics })).toBe(
    'Run r1 has no metric m; choose one above.'
  );
  expect(why({ place: {}, hosts: [host], host, runs: [run], run, metrics, metric: metrics[0] })).toBe(
    '“remote_dram_share” is not available in this run: no PMU; use hardware.'
  );
  expect(why({ place: {}, metric: metrics[1] })).toBeUndefined();
});
