/**
 * The sending half of a channel: what the program has written, as frames, until the other end has it.
 *
 * Made by the channel. What is written is copied once, into the memory of the frame that carries it, and that
 * frame goes out as it is, by whichever way, and again where it was lost. Invariant: never more than `keepBytes`
 * are held (one frame always fits), and nothing is let go before it was acknowledged; the memory of a frame that
 * was sent more than once is not used again, since a copy of it may still wait in some queue.
 */
import { limits } from '../../../kernel/limits.ts';
import { Flight } from './flight.ts';
import { channelLimits } from './limits.ts';
import { completeData, dataFrameHeadBytes } from './wire.ts';

/** One data frame, whole. */
export interface OutFrame {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly end: number;
  sentAt: number;
  timesSent: number;
}

/** Frames begin this large and grow while they are filled. */
const frameBytesMin = 4096;
/** What a short frame costs besides its bytes. */
const frameCostBytes = 128;
const sparesIdleMax = 2;
/** A link hands so much to its socket at a time: what was sent so much later has come, so that write is over. */
const coolingBytes = limits.handedBytesMax + channelLimits.channelFrameBytes;

export class SendHalf {
  written = 0;
  acknowledged = 0;
  /** The other end takes bytes up to here. */
  limit = 0;
  /** Sent, since it went back the last time. */
  sentUpTo = 0;
  isEnding = false;
  isEndSent = false;
  private wasEndSent = false;
  isEndAcknowledged = false;
  readonly flight: Flight;
  private readonly head: Uint8Array;
  private readonly number: number;
  private readonly keepBytes: number;
  private readonly frameBytes: number;
  private frames: OutFrame[] = [];
  private first = 0;
  private next = 0;
  /** The frame that is being filled. */
  private filling: Uint8Array | undefined;
  private filled = 0;
  private fillBytes = frameBytesMin;
  private held = 0;
  private sentMax = 0;
  private spares: Uint8Array[] = [];
  /** Acknowledged, and perhaps part of a write that the socket has not taken whole: free once this is over. */
  private cooling: { readonly bytes: Uint8Array; readonly at: number }[] = [];

  /** @param head Of its data frames, up to the bytes. @param frameBytes Of data in a frame, at most. */
  constructor(head: Uint8Array, number: number, keepBytes: number, frameBytes: number) {
    this.head = head;
    this.number = number;
    this.keepBytes = keepBytes;
    this.frameBytes = frameBytes;
    this.flight = new Flight(keepBytes);
  }

  /** Sent and not acknowledged. */
  get bytesUnderWay(): number {
    return this.sentUpTo - this.acknowledged;
  }

  /** Something that was sent, the end included, is not acknowledged. */
  get isWaiting(): boolean {
    return this.sentUpTo > this.acknowledged || (this.isEndSent && !this.isEndAcknowledged);
  }

  /** Bytes wait that the other end does not take yet. */
  get isHeldBack(): boolean {
    return this.written > this.sentUpTo && this.written > this.limit;
  }

  get hasRoom(): boolean {
    return this.held < this.keepBytes;
  }

  /** Takes of `bytes`, from a place on, as many as there is room for: how many those were. */
  write(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.hasRoom) at += this.fill(bytes, at);
    return at - from;
  }

  end(): void {
    this.isEnding = true;
  }

  /** The frame to send now; undefined: none may, or there is none. */
  nextFrame(): OutFrame | undefined {
    const frame = this.frames[this.next];
    const end = frame?.end ?? this.written;
    if (end === this.sentUpTo || end > this.limit) return undefined;
    if (this.bytesUnderWay > 0 && end - this.acknowledged > this.flight.bytes) return undefined;
    return frame ?? this.seal();
  }

  sent(frame: OutFrame, now: number): void {
    frame.sentAt = now;
    frame.timesSent++;
    this.next++;
    this.sentUpTo = frame.end;
    this.sentMax = Math.max(this.sentMax, frame.end);
  }

  /** All bytes are sent, and the program has no more: the end may follow. */
  get isEndDue(): boolean {
    return this.isEnding && !this.isEndSent && this.sentUpTo === this.written;
  }

  sentEnd(): void {
    this.isEndSent = true;
    this.wasEndSent = true;
  }

  /** False when the other end acknowledges what was never sent. */
  credit(received: number, limit: number, now: number): boolean {
    const isEnd = this.wasEndSent && received === this.written + 1;
    if (received > this.sentMax && !isEnd) return false;
    this.limit = Math.max(this.limit, limit);
    if (isEnd) this.isEndAcknowledged = true;
    this.release(Math.min(received, this.written), now);
    return true;
  }

  /** From here on all that is not acknowledged is sent again. */
  goBack(): void {
    this.next = this.first;
    this.sentUpTo = this.acknowledged;
    if (!this.isEndAcknowledged) this.isEndSent = false;
    this.otherWay();
  }

  /** What comes by another link tells nothing of what the last one has taken. */
  otherWay(): void {
    this.cooling.length = 0;
  }

  /** Nothing is kept any more. */
  drop(): void {
    this.frames = [];
    this.spares = [];
    this.cooling = [];
    this.filling = undefined;
    this.held = 0;
  }

  private release(upTo: number, now: number): void {
    if (upTo <= this.acknowledged) return;
    let last: OutFrame | undefined;
    for (; this.first < this.frames.length; this.first++) {
      const frame = this.frames[this.first] as OutFrame;
      if (frame.end > upTo) break;
      this.held -= costOf(frame);
      this.reuse(frame);
      last = frame;
    }
    // Which of two copies has come is not known, nor how long it took.
    if (last?.timesSent === 1) this.flight.acknowledged(upTo - this.acknowledged, now - last.sentAt, now);
    this.acknowledged = upTo;
    this.next = Math.max(this.next, this.first);
    this.sentUpTo = Math.max(this.sentUpTo, upTo);
    this.cool();
    this.tidy();
  }

  private tidy(): void {
    if (this.first === this.frames.length) {
      this.frames.length = 0;
      if (this.spares.length > sparesIdleMax) this.spares.length = sparesIdleMax;
    } else if (this.first >= 256) this.frames.splice(0, this.first);
    else return;
    this.next -= this.first;
    this.first = 0;
  }

  private reuse({ bytes, end, timesSent }: OutFrame): void {
    if (timesSent !== 1 || bytes.length !== dataFrameHeadBytes + this.frameBytes) return;
    this.cooling.push({ bytes, at: end + coolingBytes });
  }

  private cool(): void {
    let count = 0;
    for (const { bytes, at } of this.cooling) {
      if (at > this.acknowledged) break;
      this.spares.push(bytes);
      count++;
    }
    if (count > 0) this.cooling.splice(0, count);
  }

  private fill(bytes: Uint8Array, from: number): number {
    this.filling ??= this.begin(bytes.length - from);
    const room = Math.min(this.filling.length - dataFrameHeadBytes - this.filled, this.keepBytes - this.held);
    const count = Math.min(bytes.length - from, room);
    const whole = from === 0 && count === bytes.length;
    this.filling.set(whole ? bytes : bytes.subarray(from, from + count), dataFrameHeadBytes + this.filled);
    this.filled += count;
    this.held += count;
    this.written += count;
    if (this.filled < this.filling.length - dataFrameHeadBytes) return count;
    this.seal();
    this.fillBytes = Math.min(this.frameBytes, this.fillBytes * 4);
    return count;
  }

  private begin(wanted: number): Uint8Array {
    const length = Math.min(this.frameBytes, Math.max(wanted, this.fillBytes));
    const spare = length === this.frameBytes ? this.spares.pop() : undefined;
    const bytes = spare ?? new Uint8Array(dataFrameHeadBytes + length);
    bytes.set(this.head);
    return bytes;
  }

  /** Makes a frame of what is being filled; of little only a copy, so that the memory goes on being filled. */
  private seal(): OutFrame {
    const filling = this.filling as Uint8Array;
    const length = dataFrameHeadBytes + this.filled;
    const isShort = length * 2 < filling.length;
    const bytes = isShort ? filling.slice(0, length) : filling.subarray(0, length);
    const offset = this.written - this.filled;
    completeData(bytes, length, this.number, offset);
    const frame: OutFrame = { bytes, offset, end: this.written, sentAt: 0, timesSent: 0 };
    this.held += costOf(frame) - this.filled;
    this.frames.push(frame);
    this.filled = 0;
    if (isShort) this.fillBytes = Math.max(frameBytesMin, this.fillBytes / 4);
    else this.filling = undefined;
    return frame;
  }
}

/** A short one costs its place as well. */
function costOf({ offset, end }: OutFrame): number {
  return Math.max(end - offset, frameCostBytes);
}
