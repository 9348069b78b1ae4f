/**
 * Letters expire at the broker, and what has ended long ago is forgotten: a limited number in one operation.
 *
 * Made by the post office, at work while its store is open. First it is read which copies have expired; those that are in
 * a recipient's hand are left out; then the others end. What is read from the store after that reading has not expired
 * (`next` leaves out what has), so none of them can come into a hand between the two. Invariant: a letter that is in hand
 * at a desk of this broker ends by what its recipient says.
 */
import type { StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { AskStore, ExpiringCopy, LettersShape, Undelivered } from './letters-types.ts';
import { letterLimits } from './limits.ts';

export interface SweeperPorts {
  readonly ask: AskStore;
  /** Kernel time. */
  now(): number;
  /** Unix milliseconds: by the clock, and by what expires. */
  times(): { readonly now: number; readonly time: number };
  /** The broker. */
  readonly via: () => string;
  isInHand(recipient: string, n: number): boolean;
  expired(letters: readonly Undelivered[]): void;
  failed(why: Failure): void;
}

const never = Number.POSITIVE_INFINITY;
const beginning: ExpiringCopy = { expiresAt: 0, n: 0, recipient: '' };

export class Sweeper {
  private readonly ports: SweeperPorts;
  private at = never;

  constructor(ports: SweeperPorts) {
    this.ports = ports;
  }

  /** Recipients say first what they have in hand. */
  begin(): void {
    this.at = this.ports.now() + letterLimits.letterSweepMs;
  }

  end(): void {
    this.at = never;
  }

  nextDeadline(): number {
    return this.at;
  }

  /** @returns whether it was time. */
  deadline(now: number): boolean {
    if (now < this.at) return false;
    this.at = now + letterLimits.letterSweepMs;
    this.read(beginning);
    return true;
  }

  private read(after: ExpiringCopy): void {
    const times = this.ports.times();
    const limit = letterLimits.lettersPerSweepMax;
    this.ports.ask('expiring', { time: times.time, after, limit }, (completion) => {
      const copies = this.answerOf<readonly ExpiringCopy[]>(completion);
      if (copies === undefined) return;
      const last = copies.length === limit ? copies.at(-1) : undefined;
      const ended = copies.filter(({ recipient, n }) => !this.ports.isInHand(recipient, n));
      this.sweep(ended, times);
      // Those in hand would else stand before all others.
      if (last !== undefined) this.read(last);
    });
  }

  private sweep(
    copies: readonly ExpiringCopy[],
    times: { readonly now: number; readonly time: number },
  ): void {
    const input = { ...times, via: this.ports.via(), copies, limit: letterLimits.lettersPerSweepMax };
    this.ports.ask('sweep', input, (completion) => {
      const swept = this.answerOf<ReturnType<LettersShape['store']['sweep']>>(completion);
      if (swept === undefined) return;
      if (swept.expired.length > 0) this.ports.expired(swept.expired);
      if (swept.isMore) this.at = this.ports.now();
    });
  }

  private answerOf<Answer>(completion: StoreCompletion<LettersShape['store']>): Answer | undefined {
    if (completion.ok) return completion.value as Answer;
    this.ports.failed(completion.failure);
    return undefined;
  }
}
