/**
 * Letters that will not be delivered and lie in the outbox: they are taken out before anybody hears of it, or at least never
 * sent again.
 *
 * Made by the author. Else a node that ends in between would send them after all in its next incarnation. One that was
 * reported as kept is marked first, and taken out once its end was reported: a node that ends in between reports it in the next
 * incarnation. Invariant: what is said of a letter is said once in an incarnation; a disk that fails is asked again until it
 * has come off.
 */
import type { OutboxEnd } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Waiting } from './waiting-letter.ts';

export interface LeavingPorts {
  readonly agent: { readonly now: number };
  readonly outbox: Outbox;
}

/** One of them, how it has ended, and what is said then. */
export interface Leaving {
  readonly waiting: Waiting;
  readonly end: OutboxEnd;
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
    for (const each of letters) this.open.add(each);
    const { outbox } = this.ports;
    const [kept, unkept] = [true, false].map((isKept) =>
      letters.filter(({ waiting }) => waiting.isAnswered === isKept),
    ) as [Leaving[], Leaving[]];
    outbox.drop(idsOf(unkept), (isDone) => this.done(unkept, isDone));
    for (const end of ['refused', 'expired'] as const) {
      const marked = kept.filter((each) => each.end === end);
      outbox.stored(idsOf(marked), end, (isDone) => {
        this.done(marked, isDone);
        if (isDone) outbox.drop(idsOf(marked));
      });
    }
  }

  /** It was marked by an earlier incarnation. */
  found({ waiting, say }: Leaving): void {
    say();
    this.ports.outbox.drop([waiting.letter.id]);
  }

  private done(letters: readonly Leaving[], isDone: boolean): void {
    if (!isDone) return this.later(letters);
    for (const each of letters) this.open.delete(each);
    for (const { say } of letters) say();
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

function idsOf(letters: readonly Leaving[]): string[] {
  return letters.map(({ waiting }) => waiting.letter.id);
}
