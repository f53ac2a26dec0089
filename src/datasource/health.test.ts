import { Tested, agentErrors, answered, directoryError } from './health';

const a = { name: 'a', url: 'https://a:9177' };
const b = { name: 'b', url: 'https://b:9177', caFile: '/ca.pem' };
const test1: Tested = {
  settings: { directory: '/gone', agents: [a, b] },
  health: {
    fields: { directory: 'no such directory', 'agents.1.caFile': 'no certificate in it', 'agents.1.token': 'wrong' },
    hosts: [
      { host: 'bench1', source: 'a', runs: 1, ageSeconds: 2, rung: 'counters' },
      { host: 'bench2', source: 'a', runs: 3, ageSeconds: 9, rung: 'placement' },
    ],
  },
};

test('an error stays at its field until the field is changed', () => {
  expect(directoryError(test1, { directory: '/gone' })).toBe('no such directory');
  expect(directoryError(test1, { directory: '/gone2' })).toBeUndefined();
  expect(agentErrors(test1, a)).toEqual({});
  expect(agentErrors(test1, b)).toEqual({ caFile: 'no certificate in it', token: 'wrong' });
  expect(agentErrors(test1, { ...b, caFile: '/other.pem' })).toEqual({ token: 'wrong' });
  expect(agentErrors(test1, { ...b, url: 'https://c' })).toEqual({});
});

test('what answers is said once it was tested', () => {
  expect(answered(test1, 'a')).toBe('bench1: 1 run, counters · bench2: 3 runs, placement');
  expect(answered(test1, 'b')).toBeUndefined();
  expect(answered(undefined, 'a')).toBeUndefined();
  expect(agentErrors(undefined, a)).toEqual({});
});
