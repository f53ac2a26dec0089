import { readPlace, writePlace } from './place';

test('an address and back', () => {
  const place = {
    host: 'bench1',
    run: '20261124T065040Z-demo',
    metric: 'ipc',
    by: 'cpu',
    from: 'now-2m',
    to: 'now',
    live: '1s',
    theme: 'light' as const,
    view: 'allocated' as const,
    remote: '1',
    filter: '^\\Qmain.(*Pool).Get\\E$',
  };
  expect(readPlace(writePlace(place))).toEqual(place);
  expect(writePlace({})).toBe('');
});

test('what makes no sense is left out', () => {
  expect(readPlace('?from=1&theme=pink&live=always&view=all&x=1')).toEqual({});
  expect(readPlace('?from=yesterday&to=now')).toEqual({});
  expect(readPlace('?from=1795503060000&to=now%2Fd')).toEqual({ from: '1795503060000', to: 'now/d' });
});
