/**
 * Memory that a program has lent to its sockets: it must stay as it is until they have taken all of it.
 *
 * Who calls it: the platform, for each write that its socket could not take at once, and when that was taken.
 * Invariant: the simulator copies what is written in the call itself, a real system reads it when it has room;
 * this tells where the two would differ.
 */
import { equalBytes } from '../../../kernel/wire/bytes.ts';
import type { StreamEnd } from '../network/stream.ts';

interface Loan {
  readonly chunks: readonly Uint8Array[];
  /** What they held when they were written. */
  readonly written: Uint8Array;
}

export class LentMemory {
  private readonly loans = new WeakMap<StreamEnd, Loan[]>();

  lend(end: StreamEnd, chunks: readonly Uint8Array[], written: Uint8Array): void {
    const loans = this.loans.get(end) ?? [];
    loans.push({ chunks, written });
    this.loans.set(end, loans);
  }

  /** The socket has taken the oldest of its writes. False: by then it was not what had been written. */
  taken(end: StreamEnd): boolean {
    const loan = this.loans.get(end)?.shift();
    return loan === undefined || isUnchanged(loan);
  }
}

function isUnchanged({ chunks, written }: Loan): boolean {
  let at = 0;
  for (const chunk of chunks) {
    if (!equalBytes(chunk, written.subarray(at, at + chunk.length))) return false;
    at += chunk.length;
  }
  return true;
}
