import { expect, test } from 'vitest';
import { parseSettings } from './settings.ts';

test('a soak is 40 processes in 4 namespaces for 30 minutes unless told otherwise', () => {
  expect(parseSettings([], 5)).toEqual({
    minutes: 30,
    nodes: 40,
    namespaces: 4,
    seed: 5,
    json: undefined,
    write: false,
  });
  expect(parseSettings(['--minutes', '2.5', '--seed=0', '--json', 'x.json', '--write'], 5)).toMatchObject({
    minutes: 2.5,
    seed: 0,
    json: 'x.json',
    write: true,
  });
});

test.each([
  ['--minutes', 'soon', /^--minutes must be a number from 1 to 1440, not 'soon'$/],
  ['--minutes', '0', /^--minutes must be a number from 1/],
  ['--minutes', '', /^--minutes must be a number from 1/],
  ['--nodes', '2.5', /^--nodes must be a whole number, not '2.5'$/],
  ['--nodes', '1', /^--nodes must be a number from 2 to 200/],
  ['--namespaces', '17', /^--namespaces must be a number from 1 to 16/],
  ['--seed', 'seven', /^--seed must be a number from 0/],
  ['--seed', '4294967296', /^--seed must be a number from 0/],
  ['--node', '3', /^Unknown option '--node'/],
])('%s %s is told in one line', (flag, value, told) => {
  expect(() => parseSettings([flag, value], 1)).toThrow(told);
});
