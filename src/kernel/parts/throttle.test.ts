import { beforeEach, expect, test } from 'vitest';
import { Throttle } from './throttle.ts';

let throttle: Throttle;

beforeEach(() => {
  throttle = new Throttle(10, 80);
});

/** Changes come all the time: when are they reacted to? */
function reactionsUntil(end: number): number[] {
  const at: number[] = [];
  for (let now = 0; now <= end; now++) if (throttle.take(now)) at.push(now);
  return at;
}

test('the first change is reacted to at once, and each in a row after twice the gap', () => {
  expect(reactionsUntil(300)).toEqual([0, 10, 30, 70, 150, 230]);
});

test('after a quiet time the gap is the first again', () => {
  reactionsUntil(150);
  expect(throttle.nextAt).toBe(230);
  expect([throttle.take(309), throttle.nextAt]).toEqual([true, 389]);
  expect([throttle.take(500), throttle.nextAt]).toEqual([true, 510]);
});

test('what is refused may go at the time that it says', () => {
  throttle.take(0);
  expect([throttle.take(9), throttle.nextAt, throttle.take(10)]).toEqual([false, 10, true]);
});

test('a reset lets the next one pass', () => {
  throttle.take(0);
  throttle.reset();
  expect([throttle.take(1), throttle.nextAt]).toEqual([true, 11]);
});
