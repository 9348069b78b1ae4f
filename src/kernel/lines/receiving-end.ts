/**
 * The receiving end of a line: parts in order, put together to messages, and how far each has got.
 *
 * Made by the line. Acknowledgments wait a moment, since most go along with an answer. Invariant: a part is accepted only
 * as the next one of the newest run, and never of a run that an end before this one has seen: what that one was handed may
 * be answered already; a message counts as processed only when all before it do.
 */
import { limits } from '../limits.ts';
import { concatenate } from '../wire/bytes.ts';
import type { Ack, LinePart, Memory } from './wire.ts';

/** `repeated`: it was here before. `hole`: others are missing before it. `refused`: no room for it now. */
export type Arrival = 'fresh' | 'repeated' | 'hole' | 'refused';

export interface ReceivingPorts {
  /** False: what is put together at this node leaves no room for this many bytes more. */
  hasRoom(bytes: number): boolean;
  /** So many more are held, or less. */
  holds(bytes: number): void;
  message(bytes: Uint8Array, done: () => void): void;
  /** In ms, monotonic. */
  now(): number;
  /** The other end is to hear at the end of the turn how far this one has got. */
  acknowledge(): void;
  /** The other end says what it has forgotten. */
  forgot(memory: Memory): void;
  /** The other end has begun another run: what it had sent before and is not processed here it has abandoned. */
  startedOver(): void;
}

const never = Number.POSITIVE_INFINITY;

export class ReceivingEnd {
  private readonly ports: ReceivingPorts;
  readonly memory: Memory;
  private run = 0;
  private received = 0;
  private processed = 0;
  private isAgain = false;
  private isIgnored = false;
  private chunks: Uint8Array[] = [];
  private chunkBytes = 0;
  /** Last parts of messages that were handed over and are not done, in order. */
  private readonly open: number[] = [];
  private readonly done = new Set<number>();
  /** What has changed is said by then. */
  private ackAt = never;
  /** Of parts that came after the last acknowledgment. */
  private bytesUnsaid = 0;

  /** @param memory Its number is higher than that of any receiving end of this node before it. */
  constructor(ports: ReceivingPorts, memory: Memory) {
    this.ports = ports;
    this.memory = memory;
  }

  get newestRun(): number {
    return this.run;
  }

  /** Also of ends before this one. */
  get newestRunSeen(): number {
    return Math.max(this.run, this.memory.forgottenRun);
  }

  /** When the other end is to hear what has changed, unless something is sent there before. */
  get acknowledgeAt(): number {
    return this.ackAt;
  }

  /** What is reported to the other end; says once that something is missing. */
  takeAck(): Ack {
    const { memory, received, processed, isAgain } = this;
    this.isAgain = false;
    this.ackAt = never;
    this.bytesUnsaid = 0;
    return { memory: memory.number, received, processed, isAgain };
  }

  part(run: number, number: number, part: LinePart): Arrival {
    const arrival = this.take(run, number, part);
    this.bytesUnsaid += part.bytes.length;
    this.acknowledge(arrival !== 'fresh' || this.bytesUnsaid >= limits.lineAckBytes);
    return arrival;
  }

  private take(run: number, number: number, { isLast, isUrgent, bytes, memory }: LinePart): Arrival {
    if (run < this.run) return 'repeated';
    if (run <= this.memory.forgottenRun) return this.missing();
    if (run > this.run && !this.begin(run, number)) return this.missing();
    if (number <= this.received) return 'repeated';
    if (number > this.received + 1) return this.missing();
    if (this.open.length >= limits.lineUnprocessedMax) return 'refused';
    if (memory === undefined && (!isLast || this.chunks.length > 0)) {
      if (!this.ports.hasRoom(bytes.length)) return 'refused';
      this.keep(bytes);
    }
    this.received = number;
    if (memory !== undefined) this.takeMemory(number, memory);
    else if (isLast) this.hand(number, isUrgent, this.chunks.length > 0 ? this.takeChunks() : bytes);
    return 'fresh';
  }

  /** What was handed over and is not processed will not be: nothing more of the same run is handed over. */
  ignoreUnprocessed(): void {
    if (this.open.length > 0) this.isIgnored = true;
  }

  /** Gives back the memory of what was not put together yet. */
  end(): void {
    this.takeChunks();
  }

  /** A run begins with its first part; one whose beginning was not seen is asked for again. */
  private begin(run: number, number: number): boolean {
    const isFirst = this.run === 0;
    this.takeChunks();
    this.run = run;
    this.received = 0;
    this.processed = 0;
    this.open.length = 0;
    this.done.clear();
    this.isIgnored = false;
    if (!isFirst) this.ports.startedOver();
    return number === 1;
  }

  private missing(): Arrival {
    this.isAgain = true;
    return 'hole';
  }

  private keep(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice());
    this.chunkBytes += bytes.length;
    this.ports.holds(bytes.length);
  }

  private takeChunks(): Uint8Array {
    const message = concatenate(this.chunks);
    this.ports.holds(-this.chunkBytes);
    this.chunks = [];
    this.chunkBytes = 0;
    return message;
  }

  private takeMemory(number: number, memory: Memory): void {
    this.open.push(number);
    this.finished(number, true);
    this.ports.forgot(memory);
  }

  private hand(number: number, isUrgent: boolean, message: Uint8Array): void {
    const { run } = this;
    this.open.push(number);
    if (this.isIgnored) return;
    this.ports.message(message, () => {
      if (run === this.run) this.finished(number, isUrgent);
    });
  }

  private finished(number: number, isUrgent: boolean): void {
    this.done.add(number);
    while (this.open.length > 0 && this.done.delete(this.open[0] as number))
      this.processed = this.open.shift() as number;
    this.acknowledge(isUrgent);
  }

  private acknowledge(isSoon: boolean): void {
    if (isSoon) this.ports.acknowledge();
    else this.ackAt = Math.min(this.ackAt, this.ports.now() + limits.lineAckMs);
  }
}
