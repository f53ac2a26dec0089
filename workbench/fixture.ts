import { Machine, metrics } from '../src/panels/heatmap/fixture';

// The resources that go with the invented frames of src/panels/heatmap/fixture.ts.

export function hostsOf(machines: Machine[]) {
  return machines.map((m, i) => ({ host: m.host, runs: 2, newestMs: Date.now() - 800 - i * 60_000 }));
}

export function runsOf({ host, cpus }: Machine) {
  const about = {
    host,
    labels: {},
    rung: 3,
    rungName: 'fault samples',
    emulated: '',
    kernel: '6.18.0-amd64',
    cpuModel: cpus > 2 ? 'Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz' : 'AMD EPYC 7763',
    missing: [
      'counters: node-loads: no such event on this processor; run on hardware with a performance monitoring unit',
      'counters: LLC-loads: no such event on this processor; run on hardware with a performance monitoring unit',
    ],
  };
  const start = Date.now() - 30 * 60_000;
  return [
    {
      ...about,
      run: '20261124T065040Z-demo',
      name: 'demo',
      state: 'recording',
      startMs: start,
      endMs: null,
      command: [],
    },
    {
      ...about,
      run: '20261124T050000Z-stream',
      name: 'stream',
      state: 'sealed',
      startMs: start - 7_200_000,
      endMs: start - 3_600_000,
      command: ['./stream', '--threads', '128'],
    },
  ];
}

export function metricsOf(_: Machine) {
  const cpu = ['cpu', 'node', 'socket', 'host'];
  const available = Object.values(metrics).map((m) => ({
    ...m,
    by: /^(numa_hit|allocations\.)/.test(m.name) ? cpu.slice(1) : cpu,
    available: true,
    why: '',
    remedy: '',
  }));
  const unavailable = {
    name: 'remote_dram_share',
    title: 'Remote share of DRAM loads',
    unit: 'percentunit',
    kind: 'share',
    help: 'Of the loads that DRAM served, the share served by another node’s.',
    denominator: 'loads served by DRAM, local and remote',
    rung: 2,
    rungName: 'counters',
    by: cpu,
    available: false,
    why: 'no such event on this processor',
    remedy: 'run on hardware with a performance monitoring unit',
  };
  return [unavailable, ...available];
}

export function topologyOf({ cpus, nodes, sockets }: Machine) {
  return {
    cpus: Array.from({ length: cpus }, (_, id) => ({ id, core: id, socket: id % sockets, node: id % nodes })),
    nodes: Array.from({ length: nodes }, (_, id) => ({ id, memory_bytes: 64 << 20 })),
  };
}
