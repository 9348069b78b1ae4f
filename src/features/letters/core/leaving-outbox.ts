/**
 * Letters that will not be delivered and lie in the outbox: they are taken out before anybody hears of it.
 *
 * Made by the author. Else a node that ends in between would send them after all in its next incarnation. Invariant: what is
 * said of a letter is said once it is out; a disk that fails is asked again until it has come off.
 */
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Waiting } from './waiting-letter.ts';

export interface LeavingPorts {
  readonly agent: { readonly now: number };
  readonly outbox: Outbox;
}

/** One of them, and what is said once it is out. */
export interface Leaving {
  readonly waiting: Waiting;
  readonly say: () => void;
}

const never = Number.POSITIVE_INFINITY;

export class LeavingOutbox {
  private readonly ports: LeavingPorts;
  private readonly open = new Set<Leaving>();
  /** The disk has failed for these. */
  private again: Leaving[] = [];
  private againAt = never;

  constructor(ports: LeavingPorts) {
    this.ports = ports;
  }

  take(letters: readonly Leaving[]): void {
    if (letters.length === 0) return;
    for (const each of letters) this.open.add(each);
    const ids = letters.map(({ waiting }) => waiting.letter.id);
    this.ports.outbox.drop(ids, (isDone) => {
      if (!isDone) return this.later(letters);
      for (const each of letters) this.open.delete(each);
      for (const { say } of letters) say();
    });
  }

  /** Of programs that wait for an answer. */
  *handles(): Iterable<unknown> {
    for (const { waiting } of this.open) if (!waiting.isAnswered) yield* waiting.handles;
  }

  nextDeadline(): number {
    return this.againAt;
  }

  deadline(now: number): void {
    if (now < this.againAt) return;
    this.againAt = never;
    this.take(this.again.splice(0));
  }

  private later(letters: readonly Leaving[]): void {
    this.again.push(...letters);
    this.againAt = this.ports.agent.now + letterLimits.letterOutboxAgainMs;
  }
}
