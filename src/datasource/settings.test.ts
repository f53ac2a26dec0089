import { Agent, checkAgent, checkDirectory, checkHistory, checkSelector, tokenKey } from './settings';

const good: Agent = { name: 'bench1', url: 'https://bench1:9177' };

test('a plain agent is right', () => {
  expect(checkAgent(good, [good])).toEqual({});
  const pin = Array(32).fill('AB').join(':');
  expect(checkAgent({ ...good, fingerprint: pin }, [good])).toEqual({});
  expect(checkAgent({ ...good, caFile: '/etc/ca.pem' }, [good])).toEqual({});
});

test.each<[string, Partial<Agent>, keyof Agent]>([
  ['no name', { name: ' ' }, 'name'],
  ['no scheme', { url: 'bench1:9177' }, 'url'],
  ['another scheme', { url: 'ftp://bench1' }, 'url'],
  ['a password in the URL', { url: 'https://me:secret@bench1:9177' }, 'url'],
  ['a relative CA file', { caFile: 'ca.pem' }, 'caFile'],
  ['a short fingerprint', { fingerprint: 'abcd' }, 'fingerprint'],
  ['a fingerprint beside a CA', { fingerprint: 'ab'.repeat(32), caFile: '/ca.pem' }, 'fingerprint'],
])('%s is told at its field', (_, part, field) => {
  const wrong = checkAgent({ ...good, ...part }, []);
  expect(Object.keys(wrong)).toEqual([field]);
  expect(JSON.stringify(wrong)).not.toContain('secret');
});

test('two agents of one name', () => {
  expect(checkAgent(good, [good, { ...good, url: 'https://other' }]).name).toContain('bench1');
});

test('directories are absolute', () => {
  expect(checkDirectory(undefined)).toBeUndefined();
  expect(checkDirectory('/var/lib/numalens')).toBeUndefined();
  expect(checkDirectory('exports')).toContain('absolute');
});

test('the key under which the backend looks for a token', () => {
  expect(tokenKey('bench1')).toBe('token.bench1');
});

test.each([
  [undefined, true],
  ['', true],
  ['cluster="lab"', true],
  ['cluster="lab", rack=~"b.*"', true],
  ['{cluster="lab"}', false],
  ['cluster=lab', false],
  ['cluster="lab"} or up{x="y"', false],
])('labels of an engine %s', (selector, right) => {
  expect(checkSelector(selector) === undefined).toBe(right);
});

test('days back', () => {
  expect(checkHistory(undefined)).toBeUndefined();
  expect(checkHistory(7)).toBeUndefined();
  expect(checkHistory(0.5)).toBe('A whole number of days.');
});
