import { Host, ListedMetric, Run } from '../src/datasource/datasource';
import { By } from '../src/datasource/query';
import { Place } from './place';

// What the page shows when nobody has said what: the best evidence of locality
// that the run has, then what a host is doing.

// Best evidence first: what loads touched, then where first touches placed memory.
const SHARES = ['load_remote_share', 'remote_dram_share', 'fault_remote_share', 'allocations.page_remote_share'];
const RATES: Array<[string, By]> = [
  ['context_switches', 'cpu'],
  ['minor_faults', 'cpu'],
  ['allocations.page', 'node'],
  ['numa_hit', 'node'],
  ['cpu_migrations', 'cpu'],
  ['alloc_remote_share', 'node'],
  ['meminfo.MemFree', 'node'],
  ['load_far_share', 'cpu'],
  ['load_latency', 'cpu'],
];
/** A run of which fewer are known is an import: whatever it has stands beside them. */
const FEW = 4;

export interface Tile {
  metric: ListedMetric;
  by: By;
}

/** On a machine of one node nothing can be remote, so its shares say nothing. */
export function chooseMetric(metrics: ListedMetric[], nodes = 2): ListedMetric | undefined {
  const available = metrics.filter((m) => m.available);
  const preferred = [...(nodes > 1 ? SHARES : []), ...RATES.map(([name]) => name)];
  return preferred.map((name) => available.find((m) => m.name === name)).find(Boolean) ?? available[0];
}

/** The grouping asked for, if the metric has it, else its finest. */
export function chooseBy(metric: ListedMetric, asked: string | undefined): By {
  return metric.by.find((by) => by === asked) ?? metric.by[0];
}

/** Small pictures below the large one. */
export function chooseTiles(metrics: ListedMetric[], most = 6): Tile[] {
  const find = (name: string) => metrics.find((m) => m.available && m.name === name);
  const tiles: Tile[] = [];
  const [best, second] = SHARES.map(find).filter((m) => m !== undefined);
  for (const metric of [best, second]) {
    tiles.push(
      ...(metric?.by ?? [])
        .filter((by) => by === 'cpu' || (by === 'node' && metric === best))
        .map((by) => ({ metric, by }))
    );
  }
  for (const [name, by] of RATES) {
    const metric = find(name);
    if (metric?.by.includes(by)) {
      tiles.push({ metric, by });
    }
  }
  if (tiles.length < FEW) {
    const others = metrics.filter((m) => m.available && !tiles.some((t) => t.metric === m));
    tiles.push(...others.map((metric) => ({ metric, by: metric.by[0] })));
  }
  return tiles.slice(0, most);
}

/** The run asked for; unset is the newest, which is what a live page follows. */
export function chooseRun(runs: Run[], asked: string | undefined): Run | undefined {
  return asked ? runs.find((r) => r.run === asked) : runs[0];
}

/** The host asked for; unset is the one with the newest sample. */
export function chooseHost(hosts: Host[], asked: string | undefined): Host | undefined {
  if (asked) {
    return hosts.find((h) => h.host === asked);
  }
  return [...hosts].sort((a, b) => (b.newestMs ?? 0) - (a.newestMs ?? 0))[0];
}

interface Found {
  place: Place;
  hosts?: Host[];
  host?: Host;
  runs?: Run[];
  run?: Run;
  metrics?: ListedMetric[];
  metric?: ListedMetric;
  problem?: string;
}

/** The sentence that stands in place of the picture; undefined when there is one. Lists are undefined until answered. */
export function whyNothing({ place, hosts, host, runs, run, metrics, metric, problem }: Found): string | undefined {
  if (metric) {
    return metric.available
      ? undefined
      : `“${metric.title}” is not available in this run: ${[metric.why, metric.remedy].filter(Boolean).join('; ')}.`;
  }
  if (!hosts || (host && !runs) || (run && !metrics)) {
    return problem;
  }
  if (!host) {
    return place.host
      ? `There is no host ${place.host}; ${have(
          'host',
          hosts.map((h) => h.host)
        )}.`
      : (problem ?? 'No host has been recorded here yet. Record one with numalens-agent record.');
  }
  if (!run) {
    return place.run
      ? `Host ${host.host} has no run ${place.run}; ${have(
          'run',
          (runs ?? []).map((r) => r.run)
        )}.`
      : (problem ?? `Host ${host.host} has no run yet.`);
  }
  if (place.metric) {
    return `Run ${run.run} has no metric ${place.metric}; choose one above.`;
  }
  return problem ?? `Run ${run.run} has no metric that can be drawn.`;
}

function have(what: string, names: string[]): string {
  return names.length === 0 ? `no ${what} has been recorded here yet` : `there is ${names.join(', ')}`;
}
