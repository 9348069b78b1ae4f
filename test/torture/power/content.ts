/**
 * The bytes of a file that grows.
 *
 * Used by the model of a disk. Invariant: what was never written is zero.
 */
const roomMin = 4096;

export class Content {
  private room = new Uint8Array(roomMin);
  private length = 0;

  get size(): number {
    return this.length;
  }

  get bytes(): Uint8Array {
    return this.room.subarray(0, this.length);
  }

  write(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.length) this.resize(at + bytes.length);
    this.room.set(bytes, at);
  }

  resize(size: number): void {
    if (size > this.room.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.room.length));
      larger.set(this.bytes);
      this.room = larger;
    }
    if (size < this.length) this.room.fill(0, size, this.length);
    this.length = size;
  }

  copy(): Content {
    const copy = new Content();
    copy.write(0, this.bytes);
    return copy;
  }
}
