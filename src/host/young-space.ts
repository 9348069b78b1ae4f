/**
 * Keeps V8 collecting its young space while large buffers go by.
 *
 * Who calls it: the driver, for each large frame that comes in. The memory of such a piece lies outside of V8's heap and
 * is freed when its small handle in the young space is collected. Handles of 64 KiB pieces fill that space so slowly
 * that V8 meets its limit for memory outside first, and answers with full collections: 48 instead of 2 for each 1.3 GB,
 * which was a third of the receiver's processor time. So the young space is filled a little: dead at once, which costs
 * a microsecond. Invariant: what is kept is the last of these, 32 KiB at most.
 */
const last: { ballast: unknown[] } = { ballast: [] };
const ballastLengthMax = 4096;

/** @param byteLength Of the piece. */
export function fillYoungSpace(byteLength: number): void {
  last.ballast = new Array(Math.min(ballastLengthMax, byteLength >> 5));
}
