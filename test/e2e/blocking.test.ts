/**
 * Programs that block their event loop: eight real processes of which each sleeps 2 s of every 5.
 * The work is test/soak/blocking.ts, which a script runs for the figure.
 */
import { expect, test } from 'vitest';
import { runBlocking } from '../soak/blocking.ts';

test('nobody is told down, and broadcasts reach all, while every program blocks 2 s of every 5', async () => {
  const result = await runBlocking(30, 1);
  // That they did block, 6 times each, is what makes the rest mean something.
  expect(result.blocks).toBeGreaterThan(8 * 5);
  expect(result.downs).toEqual([]);
  expect(result.broadcasts).toBeGreaterThan(8 * 5);
  expect(result.complete).toBe(result.broadcasts);
  expect(result.violations).toEqual([]);
  console.log(
    `8 processes, ${result.blocks} blocks of 2 s, ${result.broadcasts} broadcasts, ${result.linksLost} links lost`,
  );
}, 150_000);
