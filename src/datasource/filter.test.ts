import { alternatives, filterProblem } from './filter';

test.each([
  '',
  'tcp_',
  '^nginx$',
  'a|b',
  '(?i)Grow',
  '(?P<x>a)',
  '(?s:a.b)',
  '\\\\1',
  '[[:alpha:]]+',
  '$comm_(',
  '${f}[',
])('%s is a filter, or will be one', (filter) => expect(filterProblem(filter)).toBeUndefined());

test.each([
  ['(', 'unterminated group'],
  ['[a', 'unterminated character class'],
  ['*', 'nothing to repeat'],
  ['a(?=b)', 'lookahead and lookbehind are not supported'],
  ['(?<!a)b', 'lookahead and lookbehind are not supported'],
  ['(a)\\1', 'references to a group are not supported'],
])('%s is not: %s', (filter, why) => expect(filterProblem(filter)).toBe(`Not a filter: ${why}`));

test('of several values any', () => {
  expect(alternatives('a.b|c')).toBe('a.b|c');
  expect(alternatives(['a.b', 'c'])).toBe('(a\\.b|c)');
});
