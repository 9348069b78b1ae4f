import { beforeEach, expect, test } from 'vitest';
import { swarmLimits } from './limits.ts';
import { PinWrites } from './pin-writes.ts';
import type { Pin } from './swarm-types.ts';

const pin: Pin = { name: 'b', identity: 'b'.repeat(32) };
const other: Pin = { name: 'b', identity: 'e'.repeat(32) };
const { swarmPinAgainMs, swarmPinsPerWrite } = swarmLimits;

let now: number;
let written: Pin[];
let writes: PinWrites;

beforeEach(() => {
  now = 0;
  written = [];
  writes = new PinWrites({ now: () => now, write: (each) => written.push(each) });
});

function later(): void {
  now += swarmPinAgainMs;
  writes.deadline(now);
}

test('a pin that was not written is written again, until it is', () => {
  writes.pinned(pin);
  expect(writes.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  writes.completed(1, false);
  expect(writes.nextDeadline()).toBe(swarmPinAgainMs);
  later();
  writes.completed(2, false);
  later();
  writes.completed(3, true);
  later();
  expect(written).toEqual([pin, pin, pin]);
  expect(writes.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a name that is forgotten, or has another identity since, is not written as it was', () => {
  writes.pinned(pin);
  writes.forget('b');
  writes.completed(1, false);
  later();
  expect(written).toEqual([pin]);
  writes.pinned(pin);
  writes.forget('b');
  writes.pinned(other);
  writes.completed(2, false);
  later();
  writes.completed(3, false);
  later();
  expect(written).toEqual([pin, pin, other, other]);
});

test('a store that is open again gets what it lacks, and what is under way is not asked for twice', () => {
  const second = { ...other, name: 'c' };
  writes.pinned(pin);
  writes.pinned(second);
  writes.completed(1, false);
  expect(writes.missing((name) => name === 'b')).toEqual([second]);
  writes.deadline(now);
  expect(written).toEqual([pin, second]);
  writes.completed(2, false);
  expect(writes.missing(() => false)).toEqual([second]);
  writes.deadline(now);
  expect(written).toEqual([pin, second, second]);
  writes.clear();
  writes.completed(3, false);
  expect(writes.missing(() => false)).toEqual([]);
});

test('of many that a full disk refuses a limited number is written again at a time', () => {
  for (let i = 0; i <= swarmPinsPerWrite; i++) writes.pinned({ ...pin, name: `n${i}` });
  const { length } = written;
  for (let token = 1; token <= length; token++) writes.completed(token, false);
  later();
  expect(written).toHaveLength(length + swarmPinsPerWrite);
  later();
  expect(written).toHaveLength(length + swarmPinsPerWrite + 1);
});
