/**
 * The memory that a link's frames are gathered in: chunks that are filled, handed to the socket and, once
 * it has taken them, filled again.
 *
 * Who calls it: the send queue. Invariant: a chunk is filled anew only after every byte of it has left. A
 * busy link so makes no garbage: at 64 KiB a message, collecting it was two thirds of a sender's time.
 */

/** Chunks grow while a turn fills them and shrink again: an idle link holds 1 KiB, a busy one saves writes. */
const chunkBytesMin = 1024;
const chunkBytesMax = 64 * 1024;
/** Sizes are multiples of it, so that a chunk for one large frame also serves the next. */
const granuleBytes = 1024;

interface Leaving {
  readonly chunk: Uint8Array;
  /** Once so many bytes have left in all, none of it is in use. */
  readonly at: number;
}

export class Chunks {
  /** Of the chunks that are made now. */
  bytes = chunkBytesMin;
  private spare: Uint8Array[] = [];
  /** Full ones, by the last view of each that waits in the queue. */
  private readonly full = new Map<Uint8Array, Uint8Array>();
  /** With the socket, in order. */
  private readonly leaving: Leaving[] = [];
  private handedBytes = 0;
  private flushedBytes = 0;

  /**
   * The chunk to fill now.
   * @param last The one filled until now, full. @param lastView The end of what it holds, if that still waits.
   */
  next(last: Uint8Array | undefined, lastView: Uint8Array | undefined, atLeast: number): Uint8Array {
    if (last !== undefined) {
      this.bytes = Math.min(chunkBytesMax, this.bytes * 2);
      if (last.length >= chunkBytesMax) this.retire(last, lastView);
    }
    const wanted = Math.max(this.bytes, atLeast);
    const spare = this.spare.pop();
    if (spare !== undefined && spare.length >= wanted) return spare;
    return new Uint8Array(Math.ceil(wanted / granuleBytes) * granuleBytes);
  }

  get isBusy(): boolean {
    return this.bytes === chunkBytesMax;
  }

  /** These views are with the socket now. */
  handed(views: readonly Uint8Array[], byteLength: number): void {
    // Little leaves at a time: the link is idle, and keeps less and less.
    if (byteLength < this.bytes / 8) {
      this.bytes = Math.max(chunkBytesMin, this.bytes / 2);
      this.spare.length = 0;
    }
    if (this.full.size > 0) this.findFull(views);
    this.handedBytes += byteLength;
  }

  flushed(byteLength: number): void {
    this.flushedBytes += byteLength;
    let count = 0;
    for (; count < this.leaving.length; count++) {
      const { chunk, at } = this.leaving[count] as Leaving;
      if (at > this.flushedBytes) break;
      this.spare.push(chunk);
    }
    if (count > 0) this.leaving.splice(0, count);
  }

  clear(): void {
    this.spare.length = 0;
    this.full.clear();
    this.leaving.length = 0;
  }

  private retire(chunk: Uint8Array, lastView: Uint8Array | undefined): void {
    if (lastView !== undefined) this.full.set(lastView, chunk);
    else this.leaving.push({ chunk, at: this.handedBytes });
  }

  private findFull(views: readonly Uint8Array[]): void {
    let at = this.handedBytes;
    for (const view of views) {
      at += view.length;
      const chunk = this.full.get(view);
      if (chunk === undefined) continue;
      this.full.delete(view);
      this.leaving.push({ chunk, at });
    }
  }
}
