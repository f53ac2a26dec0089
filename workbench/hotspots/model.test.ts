import { dataFrameFromJSON } from '@grafana/data';
import { hotspotsResponse } from '../tracedfixture';
import { Hotspots, callersText, exactly, nodesText, ownerText, sorted, toHotspots } from './model';

const frames = (response: ReturnType<typeof hotspotsResponse>) =>
  response.results.A.frames.map((f) => dataFrameFromJSON(f as never));
const hotspots = (asked = {}): Hotspots => toHotspots(frames(hotspotsResponse(asked))).hotspots!;

test('rows of the frame, with null as unknown', () => {
  const { rows, found, metric } = hotspots();
  expect([rows.length, found, metric.name]).toEqual([7, 7, 'allocations.page']);
  expect(rows[0]).toMatchObject({ fn: 'alloc_anon_folio', comm: 'postgres', pid: 4120, place: 'other socket' });
  expect(rows[0].stack).toHaveLength(12);
  const last = rows[6];
  expect([last.givenNode, last.place, last.container]).toEqual([undefined, undefined, undefined]);
});

test('a stack that is cut in the table is whole in the meta', () => {
  const response = hotspotsResponse({});
  const [{ schema, data }] = response.results.A.frames;
  (schema.meta as never as { custom: { numalens: object } }).custom.numalens = {
    ...(schema.meta as never as { custom: { numalens: object } }).custom.numalens,
    stacks: { 1: 'a < b < c' },
  };
  data.values[1][1] = 'a < … < c';
  expect(toHotspots(frames(response)).hotspots?.rows[1].stack).toEqual(['a', 'b', 'c']);
});

test('any order keeps the rest of them all last', () => {
  const { rows } = hotspots({ limit: 3 });
  expect(rows).toHaveLength(4);
  for (const key of ['function', 'nodes', 'bytes', 'count', 'share'] as const) {
    for (const descending of [true, false]) {
      const order = sorted(rows, { key, descending });
      expect(order[3].fn).toBe('(others)');
      expect(order).toHaveLength(4);
    }
  }
  expect(sorted(rows, { key: 'bytes', descending: false })[0].bytes).toBe(350 << 20);
  expect(sorted(hotspots().rows, { key: 'nodes', descending: true })[0].givenNode).toBeUndefined();
  expect(sorted(hotspots().rows, { key: 'nodes', descending: false })[0]).toMatchObject({ cpuNode: 0, givenNode: 0 });
});

test('nodes and owners in words', () => {
  expect(nodesText({ cpuNode: 0, givenNode: 2 })).toBe('node 0 → node 2');
  expect(nodesText({ cpuNode: 1, givenNode: 1 })).toBe('node 1');
  expect(nodesText({ cpuNode: 1 })).toBe('node 1 → not known');
  expect(nodesText({})).toBe('not known');
  expect(ownerText(hotspots().rows[2])).toBe('api [77] · container 7f3c0a9be51d');
  expect(ownerText(hotspots().rows[0])).toBe('postgres [4120] · /system.slice');
});

test('callers are those of the function, not of the allocator', () => {
  expect(callersText(hotspots().rows[6])).toBe('');
  expect(callersText(hotspots().rows[5])).toMatch(/^ < tcp_stream_alloc_skb < tcp_sendmsg < /);
});

test('of the kernel’s frames the nearest, then the process’s own', () => {
  const [row] = hotspots().rows;
  const from = (...stack: string[]) => callersText({ ...row, fn: 'refill', stack: ['alloc', 'refill', ...stack] });
  expect(from('sendmsg', 'write_iter', 'vfs_write', 'entry_SYSCALL_64_after_hwframe', 'reply', 'main')).toBe(
    ' < sendmsg < write_iter < … < reply < main'
  );
  expect(
    from('sendmsg', 'write_iter', 'invoke_syscall', 'el0_svc', 'el0t_64_sync_handler', 'el0t_64_sync', 'reply')
  ).toBe(' < sendmsg < write_iter < … < reply');
  expect(from('sendmsg', 'entry_SYSCALL_64_after_hwframe', 'reply')).toBe(
    ' < sendmsg < entry_SYSCALL_64_after_hwframe < reply'
  );
  expect(from('do_syscall_64', 'entry_SYSCALL_64_after_hwframe')).toBe(
    ' < do_syscall_64 < entry_SYSCALL_64_after_hwframe'
  );
  expect(from('poll', 'rx', 'kthread', 'ret_from_fork')).toBe(' < poll < rx < kthread < ret_from_fork');
});

test('a filter finds its name only', () => {
  expect(exactly('tcp_sendmsg')).toBe('^tcp_sendmsg$');
  expect(exactly('main.(*Pool).Get')).toBe('^\\Qmain.(*Pool).Get\\E$');
});

test('no rows is not a problem, no fields is', () => {
  expect(hotspots({ filter: 'nobody' }).rows).toEqual([]);
  const nothing = { fields: [], length: 0, meta: { notices: [{ severity: 'info' as const, text: 'Not traced.' }] } };
  expect(toHotspots([nothing])).toEqual({ problem: 'Not traced.' });
  expect(toHotspots([]).problem).toBe('The query gave no hotspots.');
});
