import { expect, test } from 'vitest';
import { eventLoop } from './event-loop.ts';

const block = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** What the looks see, up to this number of them. */
function looks(count: number, everyMs: number): Promise<number[]> {
  const seen: number[] = [];
  return new Promise((resolve) => {
    eventLoop.watch(everyMs, (blockedMs) => {
      if (seen.push(blockedMs) === count) resolve(seen);
      return seen.length < count;
    });
    // In this very turn, as a handler that is called may.
    block(400);
  });
}

test('a loop that is blocked is seen with how long, once, and one that goes on is not', async () => {
  const [blocked = 0, ...others] = await looks(4, 20);
  expect(blocked).toBeGreaterThan(300);
  // What else runs on the machine may keep it from going on for a moment.
  expect(Math.min(...others)).toBeLessThan(100);
});
