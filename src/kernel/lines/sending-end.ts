/**
 * The sending end of a line: messages that wait, parts under way, and what is sent again.
 *
 * Made by the line. Go-back-N: after a loss everything from the first missing part is sent again, in order. What has come
 * and is not processed is asked after, since the word of that may be lost. Invariant: a message is kept until the other end
 * has processed it; at most `lineWindowBytes` are unprocessed there, or one part.
 */
import type { DropReason } from '../contracts.ts';
import { limits } from '../limits.ts';
import { type Ack, type LinePart, type Memory, memoryPart } from './wire.ts';

interface Part extends LinePart {
  readonly number: number;
  readonly isFirst: boolean;
  /** Of the last part of a message. */
  readonly processed: (() => void) | undefined;
  timesSent: number;
}

export interface SendingPorts {
  /** Undefined: on its way. */
  send(part: LinePart & { readonly number: number }, run: number): DropReason | undefined;
  /** Starts another run: a number that no run of this node has had. */
  nextRun(): number;
  resent(): void;
  /** The other end has forgotten this line, and what it has learned by it. */
  forgotten(): void;
}

const never = Number.POSITIVE_INFINITY;

export class SendingEnd {
  private readonly ports: SendingPorts;
  private run: number;
  /** Of the other end, as it has said first in this run. */
  private memory: number | undefined;
  private lastNumber = 0;
  /** Not processed by the other end, in order. */
  private parts: Part[] = [];
  /** Index in `parts` of the next one to be sent. */
  private next = 0;
  /** Sent, and not processed by the other end. */
  private bytesUnderWay = 0;
  private received = 0;
  /** What was not acknowledged by then is sent again; of what was, the last part, if it is not known to be processed. */
  private resendAt = never;
  private resendMs: number = limits.repeatAfterMs;
  /** Nothing is sent before. */
  private heldUntil = Number.NEGATIVE_INFINITY;
  private wentBackAt = Number.NEGATIVE_INFINITY;

  constructor(ports: SendingPorts) {
    this.ports = ports;
    this.run = ports.nextRun();
  }

  /** @param processed Called once the other end needs it no more. */
  add(message: Uint8Array, processed: (() => void) | undefined): void {
    let at = 0;
    do {
      const isFirst = at === 0;
      const bytes = message.subarray(at, at + limits.linePartBytesMax);
      at += bytes.length;
      const isLast = at >= message.length;
      this.parts.push({
        number: ++this.lastNumber,
        bytes,
        isFirst,
        isLast,
        isUrgent: processed !== undefined,
        processed: isLast ? processed : undefined,
        timesSent: 0,
      });
    } while (at < message.length);
  }

  /** The receiving end beside this one has forgotten what came before: it is said first, and until it has come. */
  addMemory(memory: Memory): void {
    const number = ++this.lastNumber;
    this.parts.push({ ...memoryPart(memory), number, isFirst: true, processed: undefined, timesSent: 0 });
  }

  /** Sends what may be sent. @returns whether anything was. */
  pump(now: number): boolean {
    if (now < this.heldUntil) return false;
    this.heldUntil = Number.NEGATIVE_INFINITY;
    const from = this.next;
    for (let part = this.parts[this.next]; part !== undefined; part = this.parts[this.next]) {
      if (!this.hasRoomFor(part)) break;
      const problem = this.ports.send(part, this.run);
      if (problem !== undefined) {
        this.hold(problem, now);
        break;
      }
      if (part.timesSent++ > 0) this.ports.resent();
      this.bytesUnderWay += part.bytes.length;
      this.next++;
    }
    this.setTimer(now);
    return this.next > from;
  }

  /** False: it acknowledges what was never sent. */
  acknowledged({ memory, received, processed, isAgain }: Ack, run: number, now: number): boolean {
    if (run !== this.run) return run < this.run;
    if (received > this.lastNumber) return false;
    if (!this.isOf(memory)) return true;
    const first = this.parts[0]?.number ?? this.lastNumber + 1;
    if (received > this.received) this.progressed(received, now);
    if (processed >= first) this.finish(processed);
    this.setTimer(now);
    if (isAgain && received === this.received && now - this.wentBackAt >= limits.lineAgainMs)
      this.goBack(now);
    return true;
  }

  /** The other end says what it has forgotten, unasked. What it has seen of this run it will not accept again. */
  otherForgot({ number, forgottenRun }: Memory): void {
    if (this.isOf(number) && this.run <= forgottenRun) this.startOver();
  }

  /** False: it is over, or what was sent to the one before is forgotten. */
  private isOf(memory: number): boolean {
    this.memory ??= memory;
    if (memory > this.memory) {
      this.startOver();
      return false;
    }
    return memory === this.memory;
  }

  private startOver(): void {
    this.restart();
    this.ports.forgotten();
  }

  /** What is not processed is not sent any more; what comes next is another run. True: what this end forgot is still to be said. */
  abandon(): boolean {
    this.parts = this.parts.filter(({ memory }) => memory !== undefined);
    this.restart();
    return this.parts.length > 0;
  }

  /** The other end has forgotten this line: all that it has not processed is sent again, in another run. */
  private restart(): void {
    this.run = this.ports.nextRun();
    this.memory = undefined;
    this.parts = this.parts.map((part, i) => ({ ...part, number: i + 1 }));
    this.lastNumber = this.parts.length;
    this.received = 0;
    this.next = 0;
    this.bytesUnderWay = 0;
    this.resendAt = never;
  }

  /** A hop has given a part back, or a way is gone: what was under way may be lost. */
  goBack(now: number): void {
    this.wentBackAt = now;
    this.resendAt = never;
    this.next = this.parts.findIndex(({ number }) => number > this.received);
    if (this.next < 0) this.next = this.parts.length;
    this.bytesUnderWay = this.bytesBetween(0, this.next);
  }

  hold(reason: DropReason, now: number): void {
    this.heldUntil = now + (reason === 'busy' ? limits.lineBusyMs : limits.lineNoRouteMs);
  }

  /** There is a route that was not there before. */
  wayFound(): void {
    this.heldUntil = Number.NEGATIVE_INFINITY;
  }

  nextDeadline(): number {
    const isHeld = this.next < this.parts.length && this.heldUntil > Number.NEGATIVE_INFINITY;
    return Math.min(this.resendAt, isHeld ? this.heldUntil : never);
  }

  /** True: there may be something to send. */
  deadline(now: number): boolean {
    if (now >= this.resendAt) {
      this.resendMs = Math.min(this.resendMs * 2, limits.repeatAfterMsMax);
      if (this.isWaiting) this.goBack(now);
      else this.askAgain();
    }
    return this.next < this.parts.length && now >= this.heldUntil;
  }

  /** A message that was begun is sent to its end: only a whole one can be processed. */
  private hasRoomFor({ isFirst, bytes }: Part): boolean {
    const bytesHeld = isFirst ? this.bytesUnderWay : this.bytesBetween(this.received, this.next);
    return bytesHeld === 0 || bytesHeld + bytes.length <= limits.lineWindowBytes;
  }

  /** Sent, and nobody has said that it has come. */
  private get isWaiting(): boolean {
    const last = this.parts[this.next - 1];
    return last !== undefined && last.number > this.received;
  }

  private setTimer(now: number): void {
    if (this.next === 0) this.resendAt = never;
    else if (this.resendAt === never) this.resendAt = now + this.resendMs;
  }

  /** What comes a second time is answered with how far the other end has got. */
  private askAgain(): void {
    this.resendAt = never;
    this.next--;
    this.bytesUnderWay -= (this.parts[this.next] as Part).bytes.length;
  }

  private progressed(received: number, now: number): void {
    this.received = received;
    this.resendMs = limits.repeatAfterMs;
    this.resendAt = now + this.resendMs;
    // After it was gone back, a late word says that part of it has come after all.
    while (this.next < this.parts.length && (this.parts[this.next] as Part).number <= received) {
      this.bytesUnderWay += (this.parts[this.next] as Part).bytes.length;
      this.next++;
    }
  }

  private finish(processed: number): void {
    const count = this.parts.findIndex(({ number }) => number > processed);
    const finished = this.parts.splice(0, count < 0 ? this.parts.length : count);
    // One that is asked after is not under way at this moment.
    for (const part of finished.slice(0, this.next)) this.bytesUnderWay -= part.bytes.length;
    this.next = Math.max(0, this.next - finished.length);
    for (const { processed: done } of finished) done?.();
  }

  /** Of parts with a number above `after`, before the place `end`. */
  private bytesBetween(after: number, end: number): number {
    let bytes = 0;
    for (let i = 0; i < end; i++) {
      const part = this.parts[i] as Part;
      if (part.number > after) bytes += part.bytes.length;
    }
    return bytes;
  }
}
