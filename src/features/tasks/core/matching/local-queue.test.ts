import { expect, test } from 'vitest';
import { type Fit, LocalQueue } from './local-queue.ts';

const fits = (): Fit => 'fits';

test('priority 1 is next, 2 goes to the middle, 3 to the end', () => {
  const queue = new LocalQueue<string>();
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item, 3);
  queue.add('middle', 2);
  queue.add('next', 1);
  expect([...queue]).toEqual(['next', 'a', 'b', 'middle', 'c', 'd']);
  expect(queue.takeNext(fits)).toBe('next');
  expect(queue.delete('b')).toBe(true);
  expect(queue.delete('b')).toBe(false);
  expect([...queue]).toEqual(['a', 'middle', 'c', 'd']);
});

test('smaller tasks pass one that lacks room 64 times, and then wait for it', () => {
  const queue = new LocalQueue<string>();
  queue.add('large', 3);
  for (let i = 1; i <= 70; i++) queue.add(`small ${i}`, 3);
  const fitOf = (item: string): Fit => (item === 'large' ? 'lacks-room' : 'fits');
  for (let i = 1; i <= 64; i++) expect(queue.takeNext(fitOf)).toBe(`small ${i}`);
  expect(queue.takeNext(fitOf)).toBeUndefined();
  expect(queue.takeNext(fits)).toBe('large');
  expect(queue.takeNext(fitOf)).toBe('small 65');
});

test('a task that waits for a place of its service blocks no other', () => {
  const queue = new LocalQueue<string>();
  queue.add('render', 3);
  for (let i = 1; i <= 100; i++) queue.add(`encode ${i}`, 3);
  for (let i = 1; i <= 100; i++) {
    expect(queue.takeNext((item) => (item === 'render' ? 'lacks-place' : 'fits'))).toBe(`encode ${i}`);
  }
  expect([...queue]).toEqual(['render']);
});
