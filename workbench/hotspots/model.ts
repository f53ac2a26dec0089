import { DataFrame } from '@grafana/data';
import { Metric } from '../../src/datasource/query';

// From the frame of `hotspots` to the rows of a table; docs/format/frames.md
// describes the frame.

export type Place = 'own node' | 'same socket' | 'other socket';

/** Who got what: one stack and owner, from one node's CPUs, on one node. */
export interface Hotspot {
  /** Its row in the frame, the greatest first. */
  index: number;
  fn: string;
  /** Innermost first; empty where no stack was taken. */
  stack: string[];
  comm?: string;
  pid?: number;
  cgroup?: string;
  container?: string;
  cpuNode?: number;
  givenNode?: number;
  place?: Place;
  bytes: number;
  count: number;
  /** Of all that the run has of the kind in the range; undefined where there is nothing. */
  share?: number;
  estimated: boolean;
  /** The last row: all that the limit left no room for. */
  others: boolean;
}

export interface Hotspots {
  metric: Metric;
  rows: Hotspot[];
  /** How many there are without a limit, and what the kind has in all. */
  found: number;
  totalBytes: number;
  totalCount: number;
  emulated: string;
  notices: string[];
}

export type HotspotsModel = { hotspots: Hotspots; problem?: undefined } | { hotspots?: undefined; problem: string };

interface FrameMeta {
  metric?: Metric;
  totalBytes?: number;
  totalCount?: number;
  rows?: number;
  emulated?: string;
  stacks?: Record<string, string>;
}

export function toHotspots(frames: DataFrame[]): HotspotsModel {
  const [frame] = frames;
  const notices = (frame?.meta?.notices ?? []).map((n) => n.text);
  const meta = (frame?.meta?.custom?.numalens as FrameMeta | undefined) ?? {};
  if (!frame || !meta.metric || frame.fields.length === 0) {
    return { problem: notices.join(' ') || 'The query gave no hotspots.' };
  }
  const rows = rowsOf(frame, meta.stacks ?? {});
  return {
    hotspots: {
      metric: meta.metric,
      rows,
      found: meta.rows ?? rows.length,
      totalBytes: meta.totalBytes ?? 0,
      totalCount: meta.totalCount ?? 0,
      emulated: meta.emulated ?? '',
      notices,
    },
  };
}

function rowsOf(frame: DataFrame, whole: Record<string, string>): Hotspot[] {
  const column = (name: string) => frame.fields.find((f) => f.name === name)?.values ?? [];
  const [fn, stack, comm, pid, cgroup, container] = ['function', 'stack', 'comm', 'pid', 'cgroup', 'container'].map(
    column
  );
  const [cpuNode, givenNode, place, bytes] = ['cpu_node', 'given_node', 'place', 'bytes'].map(column);
  const [count, share, estimated] = ['count', 'share', 'estimated'].map(column);
  return Array.from({ length: frame.length }, (_, index) => ({
    index,
    fn: fn[index],
    stack: framesOf(whole[index] ?? stack[index]),
    comm: comm[index] ?? undefined,
    pid: pid[index] ?? undefined,
    cgroup: cgroup[index] ?? undefined,
    container: container[index] ?? undefined,
    cpuNode: cpuNode[index] ?? undefined,
    givenNode: givenNode[index] ?? undefined,
    place: place[index] ?? undefined,
    bytes: bytes[index] ?? 0,
    count: count[index] ?? 0,
    share: share[index] ?? undefined,
    estimated: estimated[index] === true,
    others: fn[index] === OTHERS,
  }));
}

const OTHERS = '(others)';

function framesOf(stack: string | null | undefined): string[] {
  return stack ? stack.split(' < ') : [];
}

export type SortKey = 'function' | 'nodes' | 'bytes' | 'count' | 'share';

export interface Sort {
  key: SortKey;
  descending: boolean;
}

/** Rows in another order; what is equal stays as it was, and the rest of them all stays last. */
export function sorted(rows: Hotspot[], { key, descending }: Sort): Hotspot[] {
  const way = descending ? -1 : 1;
  const by = (a: Hotspot, b: Hotspot) => {
    const [x, y] = [valueOf(a, key), valueOf(b, key)];
    return x < y ? -way : x > y ? way : a.index - b.index;
  };
  return [...rows].sort((a, b) => Number(a.others) - Number(b.others) || by(a, b));
}

function valueOf(row: Hotspot, key: SortKey): number | string {
  switch (key) {
    case 'function':
      return row.fn.toLowerCase();
    case 'nodes':
      return distance(row);
    case 'share':
      return row.share ?? -1;
    default:
      return row[key];
  }
}

/** Own node first, unknown last, then by the nodes. */
function distance({ place, cpuNode = -1, givenNode = -1 }: Hotspot): number {
  const far = { 'own node': 0, 'same socket': 1, 'other socket': 2 };
  const known = cpuNode >= 0 && givenNode >= 0;
  const rank = place ? far[place] : known ? Number(cpuNode !== givenNode) : 3;
  return rank * 1e6 + (cpuNode + 1) * 1e3 + givenNode;
}

/** The pair of nodes in words. */
export function nodesText({ cpuNode, givenNode }: Pick<Hotspot, 'cpuNode' | 'givenNode'>): string {
  const name = (node: number | undefined) => (node === undefined ? 'not known' : `node ${node}`);
  if (cpuNode === undefined && givenNode === undefined) {
    return 'not known';
  }
  return cpuNode === givenNode ? name(cpuNode) : `${name(cpuNode)} → ${name(givenNode)}`;
}

/** Who ran, as far as it is known. */
export function ownerText({ comm, pid, container, cgroup }: Hotspot): string {
  const process = comm === undefined ? '' : pid === undefined ? comm : `${comm} [${pid}]`;
  const where = container ? `container ${container.slice(0, 12)}` : cgroup && cgroup !== '/' ? cgroup : '';
  return [process, where].filter(Boolean).join(' · ');
}

/** Frames by which a process, x86's or Arm's, enters its kernel: what stands after the last of them is the process's own. */
const ENTRY = /^(asm_exc_|asm_sysvec_|entry_|el0t?_|ret_from_)/;

/** So many of the kernel's frames tell what it was doing; the rest, down to its entry, is alike in all. */
const NEAR = 2;

/** Who called the function, the nearest first, and without much of the kernel before what the process did. */
export function callersText({ fn, stack }: Hotspot): string {
  const after = stack.indexOf(fn) + 1;
  const entry = stack.findLastIndex((frame) => ENTRY.test(frame)) + 1;
  const own = entry > after + NEAR + 1 && entry < stack.length;
  const frames = own ? [...stack.slice(after, after + NEAR), '…', ...stack.slice(entry)] : stack.slice(after);
  return frames.map((frame) => ` < ${frame}`).join('');
}

/** A filter that finds this name and no longer one, however many brackets it has. */
export function exactly(name: string): string {
  return `^${/^[\w/:-]*$/.test(name) ? name : `\\Q${name}\\E`}$`;
}
