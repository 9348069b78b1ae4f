/**
 * Cuts a stream of bytes into frames.
 *
 * Who calls it: a link, once per received chunk. Invariant: a chunk is only borrowed, and every byte of it
 * is copied once: the frames that lie whole inside it together into memory that is filled from front to
 * end (own-memory.ts), one that straddles chunks into a buffer of its own. What is handed on may so be
 * kept. A length outside [header, limit] ends the stream: after it nothing that follows can be trusted to
 * be a frame.
 */
import { limits } from '../limits.ts';
import { readU32 } from './bytes.ts';
import { headerBytes } from './frame.ts';
import { OwnMemory } from './own-memory.ts';

export interface FrameSink {
  /** One whole frame. Returning false stops the cutting (the link has closed meanwhile). */
  frame(bytes: Uint8Array, start: number, end: number): boolean;
}

const lengthBytes = 4;
/** From here on it counts whether memory is cleared before it is filled. */
const largeBytes = 8192;

/** Memory for so many bytes, whatever they are: all are written before anybody sees them. */
export type Allocate = (byteLength: number) => Uint8Array;

export const cleared: Allocate = (byteLength) => new Uint8Array(byteLength);

export class FrameSplitter {
  private readonly sink: FrameSink;
  /** A stranger gets a small limit; the link raises it when it opens. */
  frameBytesMax: number;
  private readonly prefix = new Uint8Array(lengthBytes);
  /** Holds a straddling frame; before its length is known, `prefix` is used. */
  private partial: Uint8Array = this.prefix;
  private filled = 0;
  private readonly memory = new OwnMemory();
  private readonly allocate: Allocate;

  constructor(sink: FrameSink, frameBytesMax: number = limits.frameBytesMax, allocate: Allocate = cleared) {
    this.sink = sink;
    this.allocate = allocate;
    this.frameBytesMax = frameBytesMax;
  }

  /** What is wrong with the stream, or undefined. @param chunk Its memory is free again afterwards. */
  push(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (this.filled > 0) {
      const taken = this.fill(chunk, at);
      at += taken;
      if (this.filled < this.partial.length) return undefined;
      if (this.partial === this.prefix) {
        const problem = this.startPartial();
        if (problem !== undefined) return problem;
        continue;
      }
      const whole = this.partial;
      this.partial = this.prefix;
      this.filled = 0;
      if (!this.sink.frame(whole, 0, whole.length)) return undefined;
    }
    return this.rest(chunk, at);
  }

  /** From here on the chunk begins with a frame. */
  private rest(chunk: Uint8Array, at: number): string | undefined {
    const length = chunk.length - at;
    if (length === 0) return undefined;
    if (length >= lengthBytes) {
      const frameBytes = lengthBytes + readU32(chunk, at);
      const problem = this.lengthProblem(frameBytes);
      if (problem !== undefined) return problem;
      if (frameBytes <= length) {
        const start = this.memory.take(chunk, at);
        return this.cut(this.memory.bytes, start, start + length);
      }
    }
    this.keep(chunk, at, chunk.length);
    return undefined;
  }

  private cut(bytes: Uint8Array, from: number, until: number): string | undefined {
    let at = from;
    while (until - at >= lengthBytes) {
      const end = at + lengthBytes + readU32(bytes, at);
      const problem = this.lengthProblem(end - at);
      if (problem !== undefined) return problem;
      if (end > until) break;
      if (!this.sink.frame(bytes, at, end)) return undefined;
      at = end;
    }
    if (at < until) this.keep(bytes, at, until);
    return undefined;
  }

  private keep(bytes: Uint8Array, at: number, until: number): void {
    const rest = until - at;
    this.partial = rest >= lengthBytes ? this.whole(lengthBytes + readU32(bytes, at)) : this.prefix;
    this.partial.set(bytes.subarray(at, until));
    this.filled = rest;
  }

  private whole(length: number): Uint8Array {
    return length < largeBytes ? cleared(length) : this.allocate(length);
  }

  private fill(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.partial.length - this.filled, chunk.length - at);
    this.partial.set(chunk.subarray(at, at + count), this.filled);
    this.filled += count;
    return count;
  }

  private startPartial(): string | undefined {
    const length = lengthBytes + readU32(this.prefix, 0);
    const problem = this.lengthProblem(length);
    if (problem !== undefined) return problem;
    this.partial = this.whole(length);
    this.partial.set(this.prefix);
    return undefined;
  }

  private lengthProblem(length: number): string | undefined {
    if (length < headerBytes) return `a frame of ${length} bytes is shorter than its header (${headerBytes})`;
    if (length > this.frameBytesMax)
      return `a frame of ${length} bytes is over the limit of ${this.frameBytesMax}`;
    return undefined;
  }
}
