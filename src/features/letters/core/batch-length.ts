/**
 * How much of what waits goes into the next message to the broker.
 *
 * Called by the author. Invariant: what was put together travels together, and at least that.
 */
import { letterLimits } from './limits.ts';
import type { Waiting } from './waiting-letter.ts';

/** Of everything but the body, about. */
const letterCostBytes = 128;

/** @param isFirst No other message is under way. */
export function nextBatchLength(queue: readonly (readonly Waiting[])[], isFirst: boolean): number {
  let bytes = 0;
  let letters = 0;
  // Of many, half goes ahead: it is stored while the other half is on its way.
  const half = Math.max(letterLimits.lettersAheadMin, Math.ceil(queue.length / 2));
  const lettersMax = Math.min(isFirst ? half : Number.POSITIVE_INFINITY, letterLimits.lettersPerPutMax);
  for (const [length, together] of queue.entries()) {
    for (const { letter } of together) bytes += letter.body.length + letterCostBytes;
    letters += together.length;
    const isOver = bytes > letterLimits.putBytesMax || letters > lettersMax;
    if (length > 0 && isOver) return length;
  }
  return queue.length;
}
