/**
 * The memory of requests that are not answered yet, of all clients of a node together.
 *
 * Made by the control server. Invariant: what was taken is given back once, and never more is held than stated, so
 * that clients that ask much at once cannot take the node's memory.
 */
import { SkeinError } from '../kernel/errors.ts';

export class HeldMemory {
  private readonly bytesMax: number;
  private heldBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** @throws SkeinError SKEIN_BUSY, or SKEIN_TOO_LARGE for what would never fit. */
  take(byteLength: number, alreadyHeld = 0): void {
    if (alreadyHeld + byteLength > this.bytesMax)
      throw new SkeinError('SKEIN_TOO_LARGE', `a request has at most ${this.bytesMax} bytes`);
    if (this.heldBytes + byteLength > this.bytesMax)
      throw new SkeinError(
        'SKEIN_BUSY',
        `requests that are not answered yet hold ${this.bytesMax} bytes at most: wait for some of them`,
      );
    this.heldBytes += byteLength;
  }

  giveBack(byteLength: number): void {
    this.heldBytes -= byteLength;
  }
}
