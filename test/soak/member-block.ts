/**
 * Puts the event loop to sleep, again and again, as a program does that computes or reads synchronously.
 *
 * Used by member.ts. Invariant: it sleeps in the kernel and does not spin, so that on few cores the sleep of
 * one process takes nothing from the others.
 */
import type { SeededRandom } from '../../src/sim/world/random.ts';

export function startBlocking(
  { everyMs, forMs }: { everyMs: number; forMs: number },
  random: SeededRandom,
): () => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const sleep = (): void => {
    Atomics.wait(cell, 0, 0, forMs);
    timer = setTimeout(sleep, everyMs - forMs);
  };
  let timer = setTimeout(sleep, random.between(0, everyMs));
  return () => clearTimeout(timer);
}
