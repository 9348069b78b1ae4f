/** Groups of operations: what is made durable together. */
import type { StoreOperation } from '../kernel/contracts.ts';
import { storeLimits } from './limits.ts';

/** One operation on its way. */
export interface Entry {
  readonly feature: string;
  readonly operation: StoreOperation;
}

export interface SizedEntry extends Entry {
  /** Of its input, about. */
  readonly byteLength: number;
}

/** How many of these are the next group. */
export function groupLength(waiting: readonly SizedEntry[]): number {
  let bytes = 0;
  let length = 0;
  for (const { byteLength } of waiting) {
    bytes += byteLength;
    if (length > 0 && bytes > storeLimits.groupBytesMax) break;
    if (++length === storeLimits.groupOperationsMax) break;
  }
  return length;
}
