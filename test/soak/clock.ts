/**
 * The one clock of a soak: the machine's monotonic time.
 *
 * Used by the judge and by every member. Invariant: all processes of one machine read the same clock, in
 * whatever network namespace they stand, so that times from two processes may be compared as they are.
 */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
