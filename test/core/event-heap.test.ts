/** The event queue: soonest first, first in first out within an instant. */
import { expect, test } from 'vitest';
import { EventHeap, type Timed } from '../../src/kernel/parts/event-heap.ts';
import { SeededRandom } from '../../src/sim/world/random.ts';

test('events leave by time, and by number within one instant', () => {
  const random = SeededRandom.fromSeed(1);
  const heap = new EventHeap<Timed>();
  const put = Array.from({ length: 2000 }, (_, number) => ({
    at: random.integer(0, 50),
    number,
  }));
  for (const event of put) heap.push(event);
  const left = put.map(() => heap.pop());
  expect(left).toEqual(put.toSorted((a, b) => a.at - b.at || a.number - b.number));
  expect(heap.pop()).toBeUndefined();
});

test('what is put in between takes its place', () => {
  const heap = new EventHeap<Timed>();
  for (const at of [5, 1, 3]) heap.push({ at, number: at });
  expect(heap.pop()?.at).toBe(1);
  heap.push({ at: 2, number: 9 });
  expect([heap.pop()?.at, heap.pop()?.at, heap.pop()?.at]).toEqual([2, 3, 5]);
  expect(heap.size).toBe(0);
});
