import { ListedMetric } from '../src/datasource/datasource';
import { chooseTraced, isTraced, kindOf, kindsOf, metricOf } from './traced';

const metric = (name: string, available = true) => ({ name, available }) as ListedMetric;
const run = [
  metric('ipc'),
  metric('allocations.page', false),
  metric('allocations.kmalloc'),
  metric('allocations.kmalloc_count'),
  metric('allocations.kmalloc_remote_share'),
];

test('the kind asked for, else the first that the run has', () => {
  expect(chooseTraced(run)?.name).toBe('allocations.kmalloc');
  expect(chooseTraced(run, 'allocations.kmalloc_count')?.name).toBe('allocations.kmalloc_count');
  expect(chooseTraced(run, 'allocations.page')?.available).toBe(false);
  expect(chooseTraced(run, 'ipc')?.name).toBe('allocations.kmalloc');
  expect(chooseTraced([metric('ipc')])).toBeUndefined();
});

test('a run that traced nothing gets the metric that says why', () => {
  const none = [metric('allocations.kmalloc', false), metric('allocations.page', false)];
  expect(isTraced(none)).toBe(false);
  expect(chooseTraced(none)?.name).toBe('allocations.page');
  expect(isTraced(run)).toBe(true);
});

test('kinds that the run has, and metrics of them', () => {
  expect(kindsOf(run)).toEqual([{ value: 'kmalloc', label: 'kmalloc' }]);
  expect(kindOf(metricOf('page', true))).toEqual({ kind: 'page', counted: true });
  expect(kindOf(metricOf('growslice', false))).toEqual({ kind: 'growslice', counted: false });
});
