import { By, Metric } from '../../datasource/query';

// Invented answers of the data source, the same each time, in the JSON form of
// /api/ds/query: for tests, and for working on the page without a recording.

export interface Machine {
  host: string;
  sockets: number;
  nodes: number;
  cpus: number;
}

export const bench1: Machine = { host: 'bench1', sockets: 2, nodes: 4, cpus: 128 };
export const small: Machine = { host: 'small', sockets: 1, nodes: 1, cpus: 2 };

export const metrics: Record<string, Metric> = {
  fault_remote_share: {
    name: 'fault_remote_share',
    title: 'Remote share of page faults',
    unit: 'percentunit',
    kind: 'share',
    help: 'Of the sampled minor faults, the share whose memory lies on another node than the CPU that touched it.',
    denominator: 'sampled minor faults whose memory’s node is known',
    rung: 3,
    rungName: 'fault samples',
  },
  context_switches: {
    name: 'context_switches',
    title: 'Context switches',
    unit: 'cps',
    kind: 'rate',
    help: 'Context switches a second.',
    rung: 0,
    rungName: 'none',
  },
  minor_faults: {
    name: 'minor_faults',
    title: 'Minor faults',
    unit: 'cps',
    kind: 'rate',
    help: 'Minor faults a second.',
    rung: 0,
    rungName: 'none',
  },
  numa_hit: {
    name: 'numa_hit',
    title: 'numastat: numa_hit',
    unit: 'suffix: pages/s',
    kind: 'rate',
    help: 'Pages allocated on this node, as intended.',
    rung: 5,
    rungName: 'placement',
  },
  'allocations.page': {
    name: 'allocations.page',
    title: 'Pages allocated',
    unit: 'binBps',
    kind: 'rate',
    help: 'Bytes a second in pages that the kernel gave, by the node that they lie on.',
    rung: 0,
    rungName: 'none',
  },
  'allocations.page_count': {
    name: 'allocations.page_count',
    title: 'Pages allocated, how often',
    unit: 'cps',
    kind: 'rate',
    help: 'Page allocations a second, by the node that they lie on.',
    rung: 0,
    rungName: 'none',
  },
};

interface Labelled {
  labels: Record<string, string>;
  name: string;
}

function rowsOf(machine: Machine, by: By): Labelled[] {
  const { host } = machine;
  const node = (i: number) => ({
    host,
    node: String(i),
    socket: String(Math.floor((i * machine.sockets) / machine.nodes)),
  });
  if (by === 'host') {
    return [{ labels: { host }, name: host }];
  }
  if (by === 'socket') {
    return Array.from({ length: machine.sockets }, (_, i) => ({
      labels: { host, socket: String(i) },
      name: `socket ${i}`,
    }));
  }
  if (by === 'node') {
    return Array.from({ length: machine.nodes }, (_, i) => ({ labels: node(i), name: `node ${i}` }));
  }
  return cpuOrder(machine).map(({ cpu, node: n }) => ({
    labels: { ...node(n), cpu: String(cpu) },
    name: `CPU ${cpu}`,
  }));
}

/** As the data source orders them: by socket, node, core, CPU; the second half of the CPUs are SMT siblings. */
function cpuOrder({ cpus, nodes }: Machine): Array<{ cpu: number; node: number }> {
  const cores = cpus > 2 ? cpus / 2 : cpus;
  return Array.from({ length: cores }, (_, core) => core).flatMap((core) => {
    const node = Math.floor((core * nodes) / cores);
    return cpus > cores ? [core, core + cores].map((cpu) => ({ cpu, node })) : [{ cpu: core, node }];
  });
}

/** A fraction that looks random and never changes. */
function noise(...seeds: number[]): number {
  let h = 2166136261;
  for (const s of seeds) {
    h = Math.imul(h ^ (s + 0x9e3779b9), 16777619);
    h ^= h >>> 13;
  }
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}

/** Counts of one cell: in the middle of the range node 2's threads run on memory of node 0. */
function cellOf(
  machine: Machine,
  row: number,
  node: number,
  column: number,
  at: number
): { n: number; remote: number } {
  const busy = noise(row, 7) > 0.2 ? 1 : 0.01;
  const n = Math.floor(busy * (40 + 300 * noise(row, column, 1)) * (0.6 + 0.4 * Math.sin(column / 40)));
  const incident = machine.nodes > 1 && node === 2 && at > 0.45 && at < 0.7;
  const share =
    machine.nodes === 1 ? 0 : incident ? 0.55 + 0.4 * noise(row, column, 2) : 0.02 + 0.1 * noise(row, column, 3);
  return { n, remote: Math.round(n * share) };
}

export interface FixtureQuery {
  view: string;
  metric: string;
  by?: By;
  from: number;
  to: number;
  columns?: number;
  instance?: number;
}

const PERIOD = 100;

export function heatmapResponse(machine: Machine, query: FixtureQuery) {
  const metric = metrics[query.metric];
  const by = query.by ?? 'cpu';
  const columnMs = Math.max(2 * PERIOD, Math.ceil((query.to - query.from) / (query.columns ?? 1000) / PERIOD) * PERIOD);
  const first = Math.floor(query.from / columnMs);
  const columns = Math.max(1, Math.ceil(query.to / columnMs) - first);
  const times = Array.from({ length: columns }, (_, c) => (first + c) * columnMs);
  const rows = rowsOf(machine, by);
  const cells = rows.map((row, r) =>
    times.map((_, c) => {
      // Node 3 was not measured for a while: missing, not zero.
      const gone = row.labels.node === '3' && c > columns * 0.2 && c < columns * 0.28;
      return gone ? undefined : cellOf(machine, r, Number(row.labels.node ?? 0), c, c / columns);
    })
  );
  const field = (row: Labelled, name: string, config: object) => ({
    name,
    type: 'number',
    typeInfo: { frame: 'float64', nullable: true },
    labels: row.labels,
    config: { displayNameFromDS: row.name, ...config },
  });
  const share = metric.kind === 'share';
  const value = (cell: { n: number; remote: number } | undefined) => {
    if (!cell) {
      return null;
    }
    if (share) {
      return cell.n === 0 ? null : Number((cell.remote / cell.n).toFixed(3));
    }
    return Number(((cell.n * 1000) / columnMs).toPrecision(3));
  };
  const volumes = share
    ? rows.map((row) => field(row, 'volume', { custom: { hideFrom: { viz: true, legend: true, tooltip: true } } }))
    : [];
  return frame(
    {
      type: 'timeseries-wide',
      typeVersion: [0, 1],
      notices: [],
      custom: {
        numalens: {
          view: 'heatmap',
          by,
          host: machine.host,
          run: '20261124T065040Z-demo',
          metric,
          columnMs,
          endMs: (first + columns) * columnMs,
          scope: 'cpu',
          emulated: '',
        },
      },
    },
    [
      { name: 'time', type: 'time', typeInfo: { frame: 'time.Time' } },
      ...rows.map((row) =>
        field(row, metric.name, share ? { unit: metric.unit, min: 0, max: 1 } : { unit: metric.unit })
      ),
      ...volumes,
    ],
    [
      times,
      ...cells.map((row) => row.map(value)),
      ...(share ? cells.map((row) => row.map((cell) => (cell ? Math.ceil(Math.log2(1 + cell.n)) : null))) : []),
    ]
  );
}

/** The cell whose counts heatmapResponse would have drawn at `from`. */
export function cellResponse(query: FixtureQuery) {
  const metric = metrics[query.metric];
  const seconds = (query.to - query.from) / 1000;
  const denominator = 200 + Math.floor(noise(query.instance ?? 0, query.from) * 100);
  const numerator = metric.kind === 'share' ? Math.floor(denominator / 3) : denominator;
  const cell = {
    value: metric.kind === 'share' ? numerator / denominator : numerator / seconds,
    numerator,
    denominator: metric.kind === 'share' ? denominator : null,
    volume: null,
    seconds,
    fromMs: query.from,
    toMs: query.to,
    runningShare: 1,
    instance: query.instance,
  };
  return frame({ type: 'table', custom: { numalens: { view: 'cell', metric, cell } } }, [], []);
}

function frame(meta: object, fields: object[], values: unknown[][]) {
  return { results: { A: { status: 200, frames: [{ schema: { refId: 'A', meta, fields }, data: { values } }] } } };
}
