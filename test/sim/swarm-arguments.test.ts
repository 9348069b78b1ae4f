/** What the long swarm is asked for: bad arguments are told in one line. */
import { expect, test } from 'vitest';
import { readSwarmArguments } from './swarm-arguments.ts';

test('every argument has a default', () => {
  expect(readSwarmArguments([], 2)).toEqual({
    hours: 1,
    workers: 2,
    from: undefined,
    seeds: Number.POSITIVE_INFINITY,
    workload: undefined,
    areShort: false,
  });
  const args = [
    '--hours',
    '0.5',
    '--workers',
    '3',
    '--from',
    '7',
    '--seeds',
    '9',
    '--workload',
    'letters,log',
    '--short',
  ];
  const asked = { hours: 0.5, workers: 3, from: 7, seeds: 9, workload: 'letters,log', areShort: true };
  expect(readSwarmArguments(args, 2)).toEqual(asked);
  // A number of seeds is run to its end.
  expect(readSwarmArguments(['--seeds', '9'], 2)?.hours).toBe(Number.POSITIVE_INFINITY);
  expect(readSwarmArguments(['--help'], 2)).toBeUndefined();
});

test.each([
  [['--hours', 'nine'], '--hours: "nine" is not a number above 0, up to 1000'],
  [['--hours', '0'], '--hours: "0" is not'],
  [['--workers', '1.5'], '--workers: "1.5" is not a whole number from 1 to 64'],
  [['--from', '-1'], '--from'],
  [['--seeds', ''], '--seeds: "" is not'],
  [['--workload', 'leters'], 'workload: "leters" is none of'],
  [['--short'], '--short: there are short runs of one workload only'],
  [['--minutes', '3'], "Unknown option '--minutes'"],
])('%j makes no sense', (args, text) => {
  expect(() => readSwarmArguments(args, 2)).toThrow(text);
});
