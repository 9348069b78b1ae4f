/**
 * For how long this process was ready to run and the system ran others, as Linux counts it.
 *
 * Who calls it: the driver, about once a second and where something took long, so that no behavior is blamed for a
 * busy machine. Invariant: it never throws; where the system does not say, it is unknown.
 */
import { readFileSync } from 'node:fs';

/** Of the main thread: nanoseconds on a processor, nanoseconds ready for one, times. */
const file = '/proc/self/schedstat';
let isThere = process.platform === 'linux';

/** Milliseconds since the process began. */
export function heldUpMs(): number | undefined {
  if (!isThere) return undefined;
  try {
    const [, readyNs] = readFileSync(file, 'utf8').split(' ');
    const milliseconds = Number(readyNs) / 1e6;
    return Number.isFinite(milliseconds) ? milliseconds : undefined;
  } catch {
    isThere = false;
    return undefined;
  }
}
