/**
 * What waits to leave on one link: two lanes, and a bound on what a socket is given at a time.
 *
 * Who calls it: the link. Invariant: never more than `handedBytesMax` (plus one frame) is with the
 * socket, so that an urgent frame waits for that much at most; never more than `queueBytesMax` waits
 * here. Small frames are copied together into one chunk, since one write of 64 KiB costs the system far
 * less than 500 of 128 bytes; large ones are passed as they are. Chunks whose bytes have left are filled
 * again (chunks.ts).
 */
import { limits } from '../limits.ts';
import { Chunks } from './chunks.ts';

/** Below this a frame is copied into the current chunk; above, a copy costs more than a second buffer in the write. */
const copyBelowBytes = 8 * 1024;

export class SendQueue {
  private readonly urgent: Uint8Array[] = [];
  private readonly lane: Uint8Array[] = [];
  private current: Uint8Array | undefined;
  private readonly chunks = new Chunks();
  private currentUsed = 0;
  private currentTaken = 0;
  private waiting = 0;
  private handed = 0;

  get queuedBytes(): number {
    return this.waiting;
  }

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** All of it has left the process. */
  get isFlushed(): boolean {
    return this.waiting === 0 && this.handed === 0;
  }

  get isFull(): boolean {
    return this.waiting >= limits.linkQueueBytesMax;
  }

  /** A frame inside a larger buffer; the range must stay as it is until it has been taken. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.waiting += length;
    if (length >= copyBelowBytes) {
      this.sealChunk();
      this.lane.push(bytes.subarray(start, end));
      return;
    }
    if (this.current === undefined || this.currentUsed + length > this.current.length) this.nextChunk(length);
    this.copyIn(bytes, start, end);
  }

  /** Room for a frame in the current chunk, counted as queued: the caller fills `chunk` from the returned place at once. */
  reserve(length: number): number {
    if (this.current === undefined || this.currentUsed + length > this.current.length) this.nextChunk(length);
    const at = this.currentUsed;
    this.currentUsed += length;
    this.waiting += length;
    return at;
  }

  get chunk(): Uint8Array {
    return this.current as Uint8Array;
  }

  pushUrgent(bytes: Uint8Array): void {
    this.waiting += bytes.length;
    this.urgent.push(bytes);
  }

  /** What the socket may have now; undefined when there is nothing, or the socket has enough. */
  take(): { chunks: Uint8Array[]; byteLength: number } | undefined {
    if (this.waiting === 0 || this.handed >= limits.handedBytesMax) return undefined;
    this.sealChunk();
    const chunks: Uint8Array[] = [];
    const room = limits.handedBytesMax - this.handed;
    const urgentBytes = moveUpTo(room, this.urgent, chunks);
    const byteLength = urgentBytes + moveUpTo(room - urgentBytes, this.lane, chunks);
    this.waiting -= byteLength;
    this.handed += byteLength;
    this.chunks.handed(chunks, byteLength);
    if (this.current !== undefined && this.currentTaken === this.currentUsed) this.keepSmall(this.current);
    return { chunks, byteLength };
  }

  /** The socket has taken as much, in order, and does not look at it again. */
  flushed(byteLength: number): void {
    this.handed = Math.max(0, this.handed - byteLength);
    this.chunks.flushed(byteLength);
  }

  clear(): void {
    this.urgent.length = 0;
    this.lane.length = 0;
    this.current = undefined;
    this.currentUsed = 0;
    this.currentTaken = 0;
    this.waiting = 0;
    this.chunks.clear();
  }

  /** An idle link does not sit on the chunk of busier times. */
  private keepSmall(chunk: Uint8Array): void {
    if (!this.chunks.isBusy && chunk.length > this.chunks.bytes) this.current = undefined;
  }

  private copyIn(bytes: Uint8Array, start: number, end: number): void {
    const chunk = this.current as Uint8Array;
    if (end - start < 512) copySmall(chunk, this.currentUsed, bytes, start, end);
    else chunk.set(bytes.subarray(start, end), this.currentUsed);
    this.currentUsed += end - start;
  }

  private nextChunk(atLeast: number): void {
    this.sealChunk();
    const { current } = this;
    const lastView = current && this.lane.findLast(({ buffer }) => buffer === current.buffer);
    this.current = this.chunks.next(current, lastView, atLeast);
    this.currentUsed = 0;
    this.currentTaken = 0;
  }

  /** Moves what the current chunk has gathered to the lane; its free rest goes on being filled. */
  private sealChunk(): void {
    if (this.current === undefined || this.currentUsed === this.currentTaken) return;
    this.lane.push(this.current.subarray(this.currentTaken, this.currentUsed));
    this.currentTaken = this.currentUsed;
  }
}

/** Moves chunks from the front until `room` is used up (the last one may exceed it); how many bytes that were. */
function moveUpTo(room: number, from: Uint8Array[], to: Uint8Array[]): number {
  let bytes = 0;
  let count = 0;
  while (count < from.length && bytes < room) {
    const chunk = from[count++] as Uint8Array;
    to.push(chunk);
    bytes += chunk.length;
  }
  from.splice(0, count);
  return bytes;
}

/** For short ranges a plain loop beats `set(subarray())`, which allocates a view and crosses into C++. */
function copySmall(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  for (let i = start, j = at; i < end; i++, j++) to[j] = from[i] as number;
}
