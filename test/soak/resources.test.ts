import { expect, test } from 'vitest';
import { type Growth, tooSteep } from './resources.ts';

const growths = (...megabytes: number[]): Growth[] =>
  megabytes.map((slope, i) => ({
    life: `m${i}/1`,
    minutes: 20,
    rssBytesPer10Minutes: slope * 1024 * 1024,
    heapBytesPer10Minutes: 0,
    usage: [],
  }));
const told = (...megabytes: number[]): string[] => tooSteep(growths(...megabytes)).map(({ life }) => life);

test('one process that wanders is no leak', () => {
  expect(told(1.4, 0.6, 0.3)).toEqual([]);
});

test('growth of the process in the middle is', () => {
  expect(told(1.4, 1.1, 0.3)).toEqual(['m1/1']);
});

test('so is that of a single one, far above the others', () => {
  expect(told(3.5, 0.6, 0.3)).toEqual(['m0/1']);
});

test('where none lived long enough nothing is said', () => {
  expect(told()).toEqual([]);
});
