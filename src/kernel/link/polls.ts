/**
 * Poll phases for links that have heard nothing: each gets all of its own.
 *
 * Owned by the neighborhood. Invariant: a link is only told `polled` after phases that began when it had
 * already asked; one that asks while a round is under way waits for the next.
 */
import { limits } from '../limits.ts';
import type { Outbox } from '../outbox.ts';
import type { Link } from './link.ts';

export class Polls {
  private readonly outbox: Outbox;
  private underWay: Set<Link> | undefined;
  private waiting = new Set<Link>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  want(link: Link): void {
    this.waiting.add(link);
    if (this.underWay === undefined) this.begin();
  }

  /** The phases asked for have passed. */
  polled(now: number): void {
    const links = this.underWay ?? [];
    this.underWay = undefined;
    for (const link of links) link.polled(now);
    if (this.waiting.size > 0 && this.underWay === undefined) this.begin();
  }

  private begin(): void {
    this.underWay = this.waiting;
    this.waiting = new Set();
    this.outbox.put({ type: 'poll', phases: limits.silencePollPhases });
  }
}
