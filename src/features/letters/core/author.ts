/**
 * Letters of this node on their way to the store: gathered into messages, and kept until the broker has answered.
 *
 * Made by the letters behavior. Letters of one turn travel together; while messages are under way what comes is gathered
 * for the next. Invariant: every letter ends once, and a letter that may be stored already is sent again only under its
 * own id, after all that its author has sent before it.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { hexOf, idOf } from '../../../kernel/identity.ts';
import type { Draft, Letter, LettersEvent, Stored } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { encodePut } from './wire.ts';

interface Waiting {
  readonly letter: Letter;
  readonly handle: unknown;
}

interface Batch {
  readonly letters: readonly Waiting[];
  /** To a broker, which may have stored it. */
  wasSent: boolean;
}

export interface AuthorPorts {
  readonly agent: BehaviorAgent;
  /** False: there is no broker to send it to. */
  send(message: Uint8Array): boolean;
  deliver(event: LettersEvent): void;
  /** Somebody wants something of the swarm. */
  want(): void;
}

/** Messages under way: with fewer what a program sends one by one would not be gathered. */
const batchesUnderWayMax = 4;
const idBytes = 16;
/** Of everything but the body, about. */
const letterCostBytes = 128;

export class Author {
  private readonly ports: AuthorPorts;
  /** Not sent yet, in order; what was put together travels together. */
  private queue: (readonly Waiting[])[] = [];
  /** By the number under which each was sent last: an answer to an earlier time does not count. */
  private readonly batches = new Map<number, Batch>();
  private lastNumber = 0;
  private unstored = 0;
  private unstoredBytes = 0;

  constructor(ports: AuthorPorts) {
    this.ports = ports;
  }

  get unstoredCount(): number {
    return this.unstored;
  }

  /** @param handles Come back with what became of each letter. @returns why there is no room for them. */
  put(drafts: readonly Draft[], handles: readonly unknown[]): Failure | undefined {
    const { lettersUnstoredMax, lettersUnstoredBytesMax } = letterLimits;
    const bytes = drafts.reduce((sum, { body }) => sum + body.length, this.unstoredBytes);
    const isFull = this.unstored + drafts.length > lettersUnstoredMax || bytes > lettersUnstoredBytesMax;
    if (this.unstored > 0 && isFull) {
      const text = `${this.unstored} letters (${this.unstoredBytes} bytes) of this node wait for the swarm's store already: send more once those are stored`;
      return failure('SKEIN_BUSY', text);
    }
    const { agent } = this.ports;
    this.ports.want();
    const sentAt = Math.floor(agent.wallNow);
    const made = drafts.map(({ notBefore, ...draft }, i) => {
      const id = hexOf(agent.random.bytes(idBytes));
      const delayMs = Math.max(0, notBefore - sentAt);
      // The broker may not have heard yet of a node that has just come.
      const allowsUnknown =
        draft.allowsUnknown || draft.recipients?.every((name) => this.knows(name)) === true;
      return { letter: { ...draft, id, sentAt, delayMs, allowsUnknown }, handle: handles[i] };
    });
    this.queue.push(made);
    this.unstored += made.length;
    this.unstoredBytes = bytes;
    agent.flushLater();
    return undefined;
  }

  flush(): void {
    while (this.queue.length > 0 && this.batches.size < batchesUnderWayMax) {
      const letters = this.queue.splice(0, this.nextBatchLength()).flat();
      this.send({ letters, wasSent: false });
    }
  }

  /** There is another broker: all that was not answered is sent to it, in order. */
  brokerChanged(): void {
    const batches = [...this.batches.values()];
    this.batches.clear();
    for (const batch of batches) this.send(batch);
  }

  /** Nobody keeps the swarm, and it is known why: what was never sent is not stored. */
  nobody(why: Failure): void {
    const unsent = [...this.batches].filter(([, { wasSent }]) => !wasSent);
    for (const [number] of unsent) this.batches.delete(number);
    const waiting = [...unsent.flatMap(([, { letters }]) => letters), ...this.queue.splice(0).flat()];
    const outcomes = waiting.map((each) => ({
      handle: this.ended(each),
      stored: { ok: false as const, failure: why },
    }));
    if (outcomes.length > 0) this.ports.deliver({ type: 'stored', outcomes });
  }

  stored(number: number, outcomes: readonly Stored[]): void {
    const batch = this.batches.get(number);
    if (batch === undefined || outcomes.length !== batch.letters.length) return;
    this.batches.delete(number);
    const ended = batch.letters.map((waiting, i) => ({
      handle: this.ended(waiting),
      stored: outcomes[i] as Stored,
    }));
    this.ports.deliver({ type: 'stored', outcomes: ended });
    this.ports.agent.flushLater();
  }

  /** All that waits, for an end of the node. */
  *handles(): Iterable<unknown> {
    for (const { letters } of this.batches.values()) for (const { handle } of letters) yield handle;
    for (const letters of this.queue) for (const { handle } of letters) yield handle;
  }

  private knows(name: string): boolean {
    return this.ports.agent.directory.get(idOf(name)) !== undefined;
  }

  private ended({ letter, handle }: Waiting): unknown {
    this.unstored--;
    this.unstoredBytes -= letter.body.length;
    return handle;
  }

  private send(batch: Batch): void {
    const number = ++this.lastNumber;
    this.batches.set(number, batch);
    const letters = batch.letters.map(({ letter }) => letter);
    if (this.ports.send(encodePut(number, batch.wasSent, letters))) batch.wasSent = true;
  }

  private nextBatchLength(): number {
    let bytes = 0;
    let letters = 0;
    for (const [length, together] of this.queue.entries()) {
      for (const { letter } of together) bytes += letter.body.length + letterCostBytes;
      letters += together.length;
      const isOver = bytes > letterLimits.putBytesMax || letters > letterLimits.lettersPerPutMax;
      if (length > 0 && isOver) return length;
    }
    return this.queue.length;
  }
}
