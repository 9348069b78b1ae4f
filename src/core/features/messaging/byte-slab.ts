/**
 * Copies small byte ranges into shared slabs.
 *
 * Who calls it: the receiver, for each body. A view into the received chunk would keep its 64 KiB alive
 * for as long as the program keeps a body; an array of its own costs an allocation per message (about
 * three times the copy). A slab of 8 KiB is the middle, as in Node.js's own `Buffer.from`.
 */
const slabBytes = 8 * 1024;

export class ByteSlab {
  private slab = new Uint8Array(slabBytes);
  private used = 0;

  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length > slabBytes / 4) return bytes.slice(start, end);
    if (this.used + length > slabBytes) {
      this.slab = new Uint8Array(slabBytes);
      this.used = 0;
    }
    const { slab, used } = this;
    for (let i = start, j = used; i < end; i++, j++) slab[j] = bytes[i] as number;
    this.used = used + length;
    return slab.subarray(used, used + length);
  }
}
