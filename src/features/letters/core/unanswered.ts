/**
 * Letters whose program waits for an answer, and their way into the outbox: what the swarm does not take in time is kept
 * there, which is an answer, too.
 *
 * Made by the author. Invariant: a letter is answered as kept only once it is in the outbox; in the order in which they were
 * sent.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { Numbered } from '../../../kernel/parts/numbered.ts';
import type { LettersShape } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Waiting } from './waiting-letter.ts';

export interface UnansweredPorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly outbox: Outbox;
  /** Why nobody can take letters at the moment. */
  problem(): Failure | undefined;
  /** These are in the outbox, and that is the answer. */
  kept(letters: readonly Waiting[]): void;
  /** Whether these are in the outbox is known now. */
  copied(letters: readonly Waiting[]): void;
}

const never = Number.POSITIVE_INFINITY;

export class Unanswered {
  private readonly ports: UnansweredPorts;
  /** By their serials. */
  private readonly open = new Numbered<Waiting>();
  /** Not higher than the serial of any of these; only looking moves it on. */
  private firstOpen = 1;
  private lastSerial = 0;
  /** Wanted in the outbox at once. */
  private wanted: Waiting[] = [];
  /** The outbox has failed: nothing is put there before. */
  private againAt = 0;
  private isThere = false;

  constructor(ports: UnansweredPorts) {
    this.ports = ports;
  }

  /** There is an outbox, and it was read. */
  outboxFound(): void {
    this.isThere = true;
  }

  get hasOutbox(): boolean {
    return this.isThere;
  }

  nextSerial(): number {
    return ++this.lastSerial;
  }

  add(waiting: Waiting): void {
    this.open.set(waiting.serial, waiting);
    if (waiting.copies > 1) this.wanted.push(waiting);
  }

  answered({ serial }: Waiting): void {
    this.open.delete(serial);
  }

  /** Keeps what the swarm has not taken in time; all, while nobody can. */
  keepDue(): void {
    const { now } = this.ports.agent;
    if (!this.isThere || now < this.againAt) return;
    const isNobody = this.ports.problem() !== undefined;
    const due = this.wanted.splice(0).filter((waiting) => isToKeep(waiting) && this.open.has(waiting.serial));
    const kept: Waiting[] = [];
    for (const waiting of this.inOrder()) {
      if (!isNobody && waiting.outboxAt > now) break;
      if (waiting.kept === 'yes') kept.push(waiting);
      else if (isToKeep(waiting) && !due.includes(waiting)) due.push(waiting);
    }
    for (const waiting of kept) this.answered(waiting);
    if (kept.length > 0) this.ports.kept(kept);
    for (let i = 0; i < due.length; i += letterLimits.lettersPerPutMax)
      this.keep(due.slice(i, i + letterLimits.lettersPerPutMax));
  }

  nextDeadline(): number {
    const first = this.isThere ? this.first() : undefined;
    return first === undefined || first.kept === 'asked' ? never : Math.max(first.outboxAt, this.againAt);
  }

  private keep(letters: readonly Waiting[]): void {
    const perhapsThere = new Set(letters.filter(({ kept }) => kept === 'maybe'));
    for (const waiting of letters) waiting.kept = 'asked';
    const rows = letters.map(({ letter, place, copies }) => ({ ...letter, place, copies, storedIn: '' }));
    this.ports.outbox.keep(rows, (problem) => {
      if (problem !== undefined) this.notKept(letters, problem, perhapsThere);
      else for (const waiting of letters) waiting.kept = 'yes';
      this.ports.copied(letters);
      if (problem === undefined) this.keepDue();
    });
  }

  /** What may be there is taken out once it is refused: the next incarnation would send it. */
  private notKept(letters: readonly Waiting[], why: Failure, perhapsThere: ReadonlySet<Waiting>): void {
    const { agent } = this.ports;
    agent.log('warn', `letters were not put into the outbox: ${why.message}`);
    const isUnknown = why.code === 'SKEIN_LOST';
    for (const waiting of letters) waiting.kept = isUnknown || perhapsThere.has(waiting) ? 'maybe' : 'no';
    this.wanted.push(...letters.filter(({ serial, copies }) => this.open.has(serial) && copies > 1));
    this.againAt = agent.now + letterLimits.letterOutboxAgainMs;
  }

  private *inOrder(): Iterable<Waiting> {
    if (this.first() === undefined) return;
    for (let serial = this.firstOpen; serial <= this.lastSerial; serial++) {
      const waiting = this.open.get(serial);
      if (waiting !== undefined) yield waiting;
    }
  }

  private first(): Waiting | undefined {
    for (; this.firstOpen <= this.lastSerial; this.firstOpen++) {
      const waiting = this.open.get(this.firstOpen);
      if (waiting !== undefined) return waiting;
    }
    return undefined;
  }
}

function isToKeep({ kept }: Waiting): boolean {
  return kept === 'no' || kept === 'maybe';
}
