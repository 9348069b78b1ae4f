/**
 * The receiving half of a channel: bytes in order, each once, as many as the window holds.
 *
 * Made by the channel, one for each. Invariant: never more than `window` bytes are here that the program has not
 * consumed; what lies beyond is not taken, nor what comes after a hole.
 */

/** What became of a piece: `beyond` the window, or the end, where nothing honest lies. */
export type Arrival = 'fresh' | 'repeated' | 'hole' | 'beyond';

/** Shorter pieces are copied together: each by itself would hold memory for what lies around it. */
const copyBelowBytes = 4096;
const blockBytes = 16 * 1024;

export class ReceiveHalf {
  readonly window: number;
  /** All before this offset has come. */
  received = 0;
  /** All before this offset is the program's own affair. */
  consumed = 0;
  private taken = 0;
  private endAt: number | undefined;
  private chunks: Uint8Array[] = [];
  private first = 0;
  /** Filled from front to end by short pieces; the last chunk may be its filled part. */
  private block: Uint8Array | undefined;
  private blockUsed = 0;

  constructor(window: number) {
    this.window = window;
  }

  /** The other end has ended, and all that it sent is here. */
  get isEnded(): boolean {
    return this.received === this.endAt;
  }

  /** Taken by the program to the last byte. */
  get isDrained(): boolean {
    return this.isEnded && this.taken === this.received;
  }

  get hasBytes(): boolean {
    return this.taken < this.received;
  }

  /** As the other end is told: the end takes one place. */
  get acknowledgement(): number {
    return this.isEnded ? this.received + 1 : this.received;
  }

  /** The other end may send up to here. */
  get limit(): number {
    return this.consumed + this.window;
  }

  data(offset: number, bytes: Uint8Array): Arrival {
    const end = offset + bytes.length;
    if (end <= this.received) return 'repeated';
    if (end > this.limit || (this.endAt !== undefined && end > this.endAt)) return 'beyond';
    if (offset > this.received) return 'hole';
    this.keep(offset === this.received ? bytes : bytes.subarray(this.received - offset));
    this.received = end;
    return 'fresh';
  }

  /** Nothing comes after this offset. */
  end(offset: number): Arrival {
    if (this.endAt !== undefined) return offset === this.endAt ? this.hereOrNot('repeated') : 'beyond';
    if (offset < this.received || offset > this.limit) return 'beyond';
    this.endAt = offset;
    return this.hereOrNot('fresh');
  }

  /** The next bytes for the program, which may keep them; undefined: none are here. */
  take(): Uint8Array | undefined {
    const chunk = this.chunks[this.first];
    if (chunk === undefined) return undefined;
    this.chunks[this.first++] = nothing;
    if (this.first === this.chunks.length) {
      this.chunks.length = 0;
      this.first = 0;
    }
    this.taken += chunk.length;
    return chunk;
  }

  /** @param waiting Of the bytes that were taken, those that the program has not looked at yet. */
  consume(waiting: number): void {
    this.consumed = Math.max(this.consumed, this.taken - waiting);
  }

  /** The program wants none of it any more. */
  drop(): void {
    this.chunks.length = 0;
    this.first = 0;
    this.block = undefined;
  }

  private hereOrNot(whereHere: Arrival): Arrival {
    return this.isEnded ? whereHere : 'hole';
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length >= copyBelowBytes) {
      this.block = undefined;
      this.chunks.push(bytes);
      return;
    }
    const { chunks } = this;
    if (this.block === undefined || this.blockUsed + bytes.length > this.block.length) {
      this.block = new Uint8Array(this.first === chunks.length ? bytes.length : blockBytes);
      this.blockUsed = 0;
    }
    const { block } = this;
    block.set(bytes, this.blockUsed);
    const last = chunks.at(-1);
    const goesOn =
      last !== undefined &&
      last.buffer === block.buffer &&
      last.byteOffset + last.length === block.byteOffset + this.blockUsed;
    const start = goesOn ? this.blockUsed - last.length : this.blockUsed;
    this.blockUsed += bytes.length;
    const view = block.subarray(start, this.blockUsed);
    if (goesOn) chunks[chunks.length - 1] = view;
    else chunks.push(view);
  }
}

const nothing = new Uint8Array(0);
