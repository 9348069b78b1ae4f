/** A worker's own queue: in which order its tasks begin. */
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { taskLimits } from './limits.ts';
import { LocalQueue } from './local-queue.ts';
import type { Priority } from './tasks-types.ts';

interface Item {
  readonly name: string;
  readonly priority: Priority;
}

const { taskPassedMax } = taskLimits;
let queue: LocalQueue<Item>;

beforeEach(() => {
  queue = new LocalQueue();
});

function add(name: string, priority: Priority = 3): void {
  queue.add({ name, priority });
}

const names = (): string => [...queue].map(({ name }) => name).join('');

test('priority 1 goes to the front, 2 to the middle, 3 to the end', () => {
  for (const name of 'abcd') add(name);
  add('x', 1);
  expect(names()).toBe('xabcd');
  add('m', 2);
  expect(names()).toBe('xabmcd');
  add('y', 1);
  add('e');
  expect(names()).toBe('yxabmcde');
});

test('the first that may begin is next, and those that may not wait on', () => {
  for (const name of 'abc') add(name);
  expect(queue.next(({ name }) => (name === 'b' ? 'begin' : 'no-room'))?.name).toBe('b');
  expect(queue.next(() => 'full')).toBeUndefined();
  expect(names()).toBe('ac');
});

test('a task that was passed 64 times lets none behind it begin while there is no room for it', () => {
  add('l');
  for (let i = 0; i < taskPassedMax; i++) {
    add('s');
    expect(queue.next(({ name }) => (name === 's' ? 'begin' : 'no-room'))?.name).toBe('s');
  }
  add('s');
  expect(queue.oftenPassed?.name).toBe('l');
  expect(queue.next(({ name }) => (name === 's' ? 'begin' : 'no-room'))).toBeUndefined();
  // It is not for want of room that it waits: others do not take any from it.
  expect(queue.next(({ name }) => (name === 's' ? 'begin' : 'full'))?.name).toBe('s');
  expect(queue.next(() => 'begin')?.name).toBe('l');
  expect(queue.oftenPassed).toBeUndefined();
});

test('a task is not passed by those that came before it', () => {
  for (let i = 0; i < taskPassedMax; i++) add('s');
  add('l');
  for (let i = 0; i < taskPassedMax; i++) queue.next(() => 'begin');
  add('s');
  expect(queue.oftenPassed).toBeUndefined();
  expect(queue.next(({ name }) => (name === 's' ? 'begin' : 'no-room'))?.name).toBe('s');
});

test('nothing is put before a task that was passed 64 times', () => {
  add('l');
  for (let i = 0; i < taskPassedMax; i++) {
    add('s', 1);
    queue.next(({ name }) => (name === 's' ? 'begin' : 'no-room'));
  }
  for (const priority of [1, 2, 3] as const) add(`${priority}`, priority);
  expect(names()).toBe('l213');
});

test('a task that waits for a place of its service blocks no other', () => {
  add('r');
  for (let i = 1; i <= 100; i++) {
    add('e');
    expect(queue.next(({ name }) => (name === 'r' ? 'full' : 'begin'))?.name).toBe('e');
  }
  expect(names()).toBe('r');
});

test('what is taken out does not begin', () => {
  for (const name of 'abc') add(name);
  expect(queue.take(({ name }) => name !== 'b').map(({ name }) => name)).toEqual(['a', 'c']);
  expect(names()).toBe('b');
  expect(queue.take(() => false)).toEqual([]);
});

test('a task begins after no more than 64 others that came later, whatever their priorities', () => {
  const priority = fc.constantFrom<Priority>(1, 2, 3);
  void fc.assert(
    fc.property(
      fc.array(priority, { minLength: 1, maxLength: 6 }),
      fc.array(priority, { minLength: 80 }),
      (first, later) => {
        const own = new LocalQueue<Item>();
        for (const each of first) own.add({ name: 'first', priority: each });
        const begun: string[] = [];
        for (const each of later) {
          own.add({ name: 'later', priority: each });
          begun.push(own.next(() => 'begin')?.name ?? '');
        }
        const laterBefore = begun.slice(0, begun.lastIndexOf('first')).filter((name) => name === 'later');
        expect(begun.filter((name) => name === 'first')).toHaveLength(first.length);
        expect(laterBefore.length).toBeLessThanOrEqual(taskPassedMax + first.length);
      },
    ),
  );
});
