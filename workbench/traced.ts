import { ListedMetric } from '../src/datasource/datasource';
import { fits } from '../src/datasource/query';

// What the page of allocations can be asked: a kind, by bytes or by count.

/** The kinds in the order in which one asks for them, with their short names. */
const KINDS: Array<[string, string]> = [
  ['page', 'Pages'],
  ['kmalloc', 'kmalloc'],
  ['growslice', 'Go slices'],
  ['heap', 'Go heap'],
  ['flush', 'Flushes'],
];

const COUNT = '_count';

/** Whether a run was asked to trace, by the metrics that it lists. */
export function isTraced(metrics: ListedMetric[]): boolean {
  return metrics.some((m) => m.available && fits('hotspots', m.name));
}

/** The metric asked for if it has stacks, else the first kind that the run has, else one that says why it has none. */
export function chooseTraced(metrics: ListedMetric[], asked?: string): ListedMetric | undefined {
  const withStacks = metrics.filter((m) => fits('hotspots', m.name));
  const inOrder = KINDS.flatMap(([kind]) => withStacks.filter((m) => m.name === metricOf(kind, false)));
  return withStacks.find((m) => m.name === asked) ?? inOrder.find((m) => m.available) ?? inOrder[0];
}

/** The kinds that a run has. */
export function kindsOf(metrics: ListedMetric[]): Array<{ value: string; label: string }> {
  return KINDS.filter(([kind]) => metrics.some((m) => m.available && m.name === metricOf(kind, false))).map(
    ([value, label]) => ({ value, label })
  );
}

export function metricOf(kind: string, counted: boolean): string {
  return `allocations.${kind}${counted ? COUNT : ''}`;
}

/** The kind of a metric, and whether it counts. */
export function kindOf(metric: string): { kind: string; counted: boolean } {
  const counted = metric.endsWith(COUNT);
  const name = metric.replace(/^allocations\./, '');
  return { kind: counted ? name.slice(0, -COUNT.length) : name, counted };
}
