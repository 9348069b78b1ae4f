/**
 * Requests to pair that wait for the broker's answer.
 *
 * Who calls it: the formation, which asks each broker of the moment for all of them. Invariant: each ends once, with
 * an answer or when its time is over.
 */
import type { Reply } from '../../../kernel/contracts.ts';
import type { Paired } from './formation-types.ts';
import { formationLimits } from './limits.ts';

interface PairRequest {
  readonly number: number;
  readonly to: string;
  readonly reply: Reply<Paired>;
  readonly until: number;
}

export class PairRequests {
  /** The oldest first. */
  private readonly waiting = new Map<number, PairRequest>();
  private last = 0;

  /** Undefined: too many wait. */
  add(to: string, reply: Reply<Paired>, now: number): PairRequest | undefined {
    if (this.waiting.size >= formationLimits.pairsUnresolvedMax) return undefined;
    const request = { number: ++this.last, to, reply, until: now + formationLimits.pairTimeoutMs };
    this.waiting.set(request.number, request);
    return request;
  }

  all(): readonly PairRequest[] {
    return [...this.waiting.values()];
  }

  /**
   * The one that is answered; it waits no more.
   * @param number Undefined where the broker does not say: the oldest for that destination, else the oldest.
   */
  take(number: number | undefined, destination?: string): PairRequest | undefined {
    const request = number === undefined ? this.likeliest(destination) : this.waiting.get(number);
    if (request !== undefined) this.waiting.delete(request.number);
    return request;
  }

  expire(now: number): readonly PairRequest[] {
    const over = this.all().filter(({ until }) => until <= now);
    for (const { number } of over) this.waiting.delete(number);
    return over;
  }

  nextDeadline(): number {
    const [first] = this.waiting.values();
    return first?.until ?? Number.POSITIVE_INFINITY;
  }

  private likeliest(destination: string | undefined): PairRequest | undefined {
    const all = this.all();
    return all.find(({ to }) => to === destination) ?? all[0];
  }
}
