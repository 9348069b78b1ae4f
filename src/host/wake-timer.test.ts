import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WakeTimer } from './wake-timer.ts';

const fired: number[] = [];
let timer: WakeTimer;
beforeEach(() => {
  fired.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const now = () => performance.now();
  const start = now();
  timer = new WakeTimer(
    () => now() - start,
    () => fired.push(now() - start),
  );
});
afterEach(() => {
  vi.useRealTimers();
});

test('fires once, at the time last asked for', () => {
  timer.at(100);
  timer.at(40);
  vi.advanceTimersByTime(500);
  expect(fired).toEqual([40]);
});

test('a later wish does not set a system timer anew, yet fires at its own time', () => {
  timer.at(50);
  for (let wish = 51; wish < 80; wish++) timer.at(wish);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(78);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(fired).toEqual([79]);
});

test('a time that has passed fires soon', () => {
  timer.at(-5);
  vi.advanceTimersByTime(1);
  expect(fired).toHaveLength(1);
});

test('Infinity takes the wish back', () => {
  timer.at(10);
  timer.at(Number.POSITIVE_INFINITY);
  expect(vi.getTimerCount()).toBe(0);
});

test('a wish beyond what a system timer can hold does not fire early', () => {
  timer.at(2 ** 31 + 1000);
  vi.advanceTimersByTime(2 ** 31);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(fired).toEqual([2 ** 31 + 1000]);
});
