import { metrics } from '../src/panels/heatmap/fixture';

// Invented answers to `hotspots` and `flame`, for tests and for work on the
// page without a recording; docs/format/frames.md describes the frames. Both
// are made from one list, so they agree.

export interface Allocation {
  /** Innermost first. */
  stack: string[];
  comm: string;
  pid: number;
  cpuNode: number | null;
  givenNode: number | null;
  bytes: number;
  count: number;
  container?: string;
}

const FAULT = ['__alloc_pages_noprof', 'alloc_anon_folio', 'do_anonymous_page', 'handle_mm_fault', 'exc_page_fault'];
const SEND = ['kmalloc_reserve', '__alloc_skb', 'tcp_stream_alloc_skb', 'tcp_sendmsg', '__x64_sys_sendto'];
const READ = ['__alloc_pages_noprof', 'filemap_alloc_folio', 'page_cache_ra_unbounded', 'vfs_read', '__x64_sys_read'];
const GO = ['main.(*Pool).Get', 'main.(*Worker).handle', 'main.serve.func1', 'runtime.goexit'];
const SQL = ['palloc', 'ExecHashTableInsert', 'ExecHashJoin', 'standard_ExecutorRun', 'PostgresMain', 'main', '_start'];

const MiB = 1 << 20;
const CONTAINER = '7f3c0a9be51d24c8';

export const allocations: Allocation[] = [
  {
    stack: [...FAULT, ...SQL],
    comm: 'postgres',
    pid: 4120,
    cpuNode: 0,
    givenNode: 2,
    bytes: 900 * MiB,
    count: 230_400,
  },
  {
    stack: [...FAULT, ...SQL],
    comm: 'postgres',
    pid: 4120,
    cpuNode: 0,
    givenNode: 0,
    bytes: 410 * MiB,
    count: 104_960,
  },
  { stack: [...FAULT, ...GO], comm: 'api', pid: 77, cpuNode: 1, givenNode: 1, bytes: 350 * MiB, count: 89_600 },
  { stack: [...FAULT, ...GO], comm: 'api', pid: 77, cpuNode: 1, givenNode: 0, bytes: 120 * MiB, count: 30_720 },
  {
    stack: [...READ, '__read', 'main', '_start'],
    comm: 'backup',
    pid: 9,
    cpuNode: 3,
    givenNode: 3,
    bytes: 80 * MiB,
    count: 20_480,
  },
  { stack: [...SEND, ...GO.slice(1)], comm: 'api', pid: 77, cpuNode: 1, givenNode: 1, bytes: 30 * MiB, count: 7680 },
  {
    stack: ['__alloc_pages_noprof', 'swapper_fill'],
    comm: 'kswapd2',
    pid: 210,
    cpuNode: 2,
    givenNode: null,
    bytes: 6 * MiB,
    count: 1536,
  },
].map((a) => (a.comm === 'api' ? { ...a, container: CONTAINER } : a));

interface Asked {
  metric?: string;
  remote?: boolean;
  filter?: string;
  limit?: number;
}

function about(view: string, { metric = 'allocations.page' }: Asked) {
  return {
    view,
    host: 'bench1',
    run: '20261124T065040Z-demo',
    metric: metrics[metric],
    emulated: '',
    totalBytes: sum(allocations, (a) => a.bytes),
    totalCount: sum(allocations, (a) => a.count),
  };
}

function matching({ remote, filter }: Asked): Allocation[] {
  const found = new RegExp(filter ?? '');
  return allocations
    .filter((a) => !remote || (a.cpuNode !== null && a.givenNode !== null && a.cpuNode !== a.givenNode))
    .filter((a) => [...a.stack, a.comm, a.container ?? ''].some((name) => found.test(name)));
}

function sum<T>(rows: T[], of: (row: T) => number): number {
  return rows.reduce((n, row) => n + of(row), 0);
}

function placeOf({ cpuNode, givenNode }: Allocation): string | null {
  if (cpuNode === null || givenNode === null) {
    return null;
  }
  return cpuNode === givenNode ? 'own node' : cpuNode >> 1 === givenNode >> 1 ? 'same socket' : 'other socket';
}

export function hotspotsResponse(asked: Asked) {
  const all = matching(asked);
  const rows = all.slice(0, asked.limit ?? 100);
  const rest = all.slice(rows.length);
  const meta = about('hotspots', asked);
  const share = (bytes: number) => Math.round((1000 * bytes) / meta.totalBytes) / 1000;
  const text = (name: string, of: (a: Allocation) => string | null) => ({ name, type: 'string', of });
  const fields = [
    text('function', (a) => a.stack.find((f) => !f.startsWith('__alloc_pages') && f !== 'kmalloc_reserve') ?? ''),
    text('stack', (a) => a.stack.join(' < ')),
    text('comm', (a) => a.comm),
    { name: 'pid', type: 'number', of: (a: Allocation) => a.pid },
    text('cgroup', (a) => (a.container ? `/system.slice/docker-${a.container}.scope` : '/system.slice')),
    text('container', (a) => a.container ?? null),
    { name: 'cpu_node', type: 'number', of: (a: Allocation) => a.cpuNode },
    { name: 'given_node', type: 'number', of: (a: Allocation) => a.givenNode },
    text('place', placeOf),
    { name: 'bytes', type: 'number', config: { unit: 'bytes' }, of: (a: Allocation) => a.bytes },
    { name: 'count', type: 'number', of: (a: Allocation) => a.count },
    { name: 'share', type: 'number', config: { unit: 'percentunit' }, of: (a: Allocation) => share(a.bytes) },
    { name: 'estimated', type: 'boolean', of: () => false },
  ];
  const others: Record<string, unknown> = {
    function: '(others)',
    bytes: sum(rest, (a) => a.bytes),
    count: sum(rest, (a) => a.count),
    share: share(sum(rest, (a) => a.bytes)),
    estimated: false,
  };
  const more = (name: string) => (rest.length > 0 ? [others[name] ?? null] : []);
  return response(
    { type: 'table', custom: { numalens: { ...meta, rows: all.length, stacks: {} } } },
    fields.map(({ name, type, of, ...config }) => ({
      field: { name, type, ...config },
      values: [...rows.map<unknown>(of), ...more(name)],
    }))
  );
}

interface Node {
  label: string;
  node: string | null;
  value: number;
  self: number;
  remote: number;
  known: number;
  children: Node[];
}

export function flameResponse(asked: Asked) {
  const counted = asked.metric?.endsWith('_count') ?? false;
  const root = tree(matching(asked), counted);
  const rows = flatten(root, 0);
  const number = (name: string, of: (n: Node, level: number) => number | null, unit?: string) => ({
    field: { name, type: 'number', ...(unit && { config: { unit } }) },
    values: rows.map(([n, level]) => of(n, level)),
  });
  const unit = counted ? 'short' : 'bytes';
  return response(
    {
      preferredVisualisationType: 'flamegraph',
      custom: { numalens: { ...about('flame', asked), boxes: rows.length } },
    },
    [
      number('level', (_, level) => level),
      number('value', (n) => n.value, unit),
      number('self', (n) => n.self, unit),
      { field: { name: 'label', type: 'string' }, values: rows.map(([n]) => n.label) },
      { field: { name: 'node', type: 'string' }, values: rows.map(([n]) => n.node) },
      number('remote', (n) => (n.known > 0 ? n.remote / n.known : null)),
    ]
  );
}

function tree(of: Allocation[], counted: boolean): Node {
  const blank = (label: string, node: string | null): Node => ({
    label,
    node,
    value: 0,
    self: 0,
    remote: 0,
    known: 0,
    children: [],
  });
  const root = blank('all', null);
  for (const a of of) {
    const value = counted ? a.count : a.bytes;
    const node = a.givenNode === null ? null : String(a.givenNode);
    const add = (n: Node) => {
      n.value += value;
      if (a.cpuNode !== null && a.givenNode !== null) {
        n.known += value;
        n.remote += a.cpuNode === a.givenNode ? 0 : value;
      }
    };
    add(root);
    let at = root;
    for (const label of [node === null ? 'node not known' : `node ${node}`, ...[...a.stack].reverse()]) {
      let child = at.children.find((c) => c.label === label);
      if (!child) {
        child = blank(label, node);
        at.children.push(child);
      }
      add(child);
      at = child;
    }
    at.self += value;
  }
  return root;
}

function flatten(node: Node, level: number): Array<[Node, number]> {
  const children = [...node.children].sort((a, b) => b.value - a.value);
  return [[node, level], ...children.flatMap((c) => flatten(c, level + 1))];
}

function response(meta: object, columns: Array<{ field: object; values: unknown[] }>) {
  const schema = { refId: 'A', meta, fields: columns.map((c) => c.field) };
  return { results: { A: { status: 200, frames: [{ schema, data: { values: columns.map((c) => c.values) } }] } } };
}
