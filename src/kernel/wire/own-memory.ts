/**
 * Memory that is filled from front to end and then left to whoever still looks at it.
 *
 * Who calls it: the splitter, for the frames of each chunk. Invariant: what was written is never written
 * again. A busy link fills 64 KiB at a time, an idle one holds 1 KiB.
 */
const bytesMin = 1024;
const bytesMax = 64 * 1024;
/** Filled by fewer pieces than this, the next is larger; by more, smaller. */
const piecesGoal = 16;

const none = new Uint8Array(0);

export class OwnMemory {
  /** Where the last piece lies. */
  bytes: Uint8Array = none;
  private used = 0;
  private pieces = 0;
  private nextBytes = bytesMin;

  /** Copies what the chunk holds from a place on; where in `bytes` it begins. */
  take(chunk: Uint8Array, from: number): number {
    const length = chunk.length - from;
    if (length > this.bytes.length - this.used) this.renew(length);
    const at = this.used;
    this.bytes.set(from === 0 ? chunk : chunk.subarray(from), at);
    this.used += length;
    this.pieces++;
    return at;
  }

  private renew(length: number): void {
    const factor = this.pieces < piecesGoal ? 2 : 0.5;
    this.nextBytes = Math.min(bytesMax, Math.max(bytesMin, this.nextBytes * factor));
    this.bytes = new Uint8Array(Math.max(this.nextBytes, length));
    this.used = 0;
    this.pieces = 0;
  }
}
