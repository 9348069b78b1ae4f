/**
 * Copies of bytes, small ones of which share a memory: a memory of its own takes longer to make, and to give back, than
 * all else of a small message.
 *
 * Who uses it: what keeps many small bodies for a moment. Invariant: nobody else writes where a copy lies; a copy holds at
 * most `sharedBytes` of memory besides its own.
 */
const sharedBytes = 8 * 1024;
/** Larger ones have a memory of their own. */
const smallBytesMax = 1024;

export class SmallCopies {
  private memory = new Uint8Array(0);
  private used = 0;

  copyOf(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > smallBytesMax) return bytes.slice();
    if (this.used + length > this.memory.length) {
      this.memory = new Uint8Array(sharedBytes);
      this.used = 0;
    }
    const copy = this.memory.subarray(this.used, this.used + length);
    copy.set(bytes);
    this.used += length;
    return copy;
  }
}
