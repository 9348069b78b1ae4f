/**
 * A worker's answers to the broker's offers, and the room that it keeps for those that it has accepted.
 *
 * Used by the workbench. Room is kept until the task is assigned, the offer is withdrawn, or the broker has said nothing of it
 * for a while. Invariant: an offer that comes twice gets the same answer, and room for it is kept once.
 */
import { taskLimits } from './limits.ts';
import type { TaskOffer } from './messages.ts';
import type { Kind, Places } from './places.ts';
import { encodeFromMember } from './wire.ts';

export interface Promised extends Kind {
  readonly offer: number;
  readonly until: number;
  /** `assigned`: the task is here, and has room or waits by itself. */
  kept: 'to-run' | 'to-wait' | 'assigned';
}

interface Declined {
  readonly offer: number;
  readonly reason: string;
}

const promiseMs = 3 * taskLimits.taskOfferMs;
const never = Number.POSITIVE_INFINITY;

export class OfferAnswers {
  private readonly places: Places;
  /** By the task's place, the oldest first. */
  private readonly promises = new Map<number, Promised>();
  private readonly declined = new Map<number, Declined>();
  private unsaid: { readonly n: number; readonly offer: number; readonly declined: string }[] = [];

  constructor(places: Places) {
    this.places = places;
  }

  /**
   * @param obstacle Why this worker takes nothing at all.
   * @param reserved Why it begins nothing more at the moment.
   */
  answer(offer: TaskOffer, obstacle: string | undefined, reserved: string | undefined, now: number): void {
    const declined = this.whyDeclined(offer, obstacle, reserved, now);
    this.unsaid.push({ n: offer.n, offer: offer.offer, declined });
  }

  /**
   * Says the answers. What cannot be sent now the next broker does not need: its offers are others.
   * @param store Of the broker.
   */
  flush(store: number, send: (message: Uint8Array) => unknown): void {
    const unsaid = this.unsaid.splice(0);
    for (let i = 0; i < unsaid.length; i += taskLimits.tasksPerOfferMax) {
      const answers = unsaid.slice(i, i + taskLimits.tasksPerOfferMax);
      send(encodeFromMember({ type: 'answers', store, answers }));
    }
  }

  /** What was accepted, and is not here yet. */
  get promised(): readonly Promised[] {
    return [...this.promises.values()].filter(({ kept }) => kept !== 'assigned');
  }

  /** The task is here: what was kept for it is free for it. */
  assigned(n: number): void {
    const promise = this.promises.get(n);
    if (promise === undefined) return;
    this.free(promise);
    promise.kept = 'assigned';
  }

  withdrawn(n: number): void {
    this.release(n);
  }

  /** Offers of one broker mean nothing to another. */
  clear(): void {
    for (const n of [...this.promises.keys()]) this.release(n);
    this.declined.clear();
    this.unsaid = [];
  }

  nextDeadline(): number {
    for (const { until } of this.promises.values()) return until;
    return never;
  }

  deadline(now: number): void {
    for (const [n, { until }] of this.promises) {
      if (until > now) return;
      this.release(n);
    }
  }

  /** Empty: it is accepted. */
  private whyDeclined(
    offer: TaskOffer,
    obstacle: string | undefined,
    reserved: string | undefined,
    now: number,
  ): string {
    const { n } = offer;
    const promise = this.promises.get(n);
    if (promise?.offer === offer.offer) return '';
    const declined = this.declined.get(n);
    if (declined?.offer === offer.offer) return declined.reason;
    this.release(n);
    const decision = obstacle ?? this.decide(offer, reserved);
    this.declined.delete(n);
    if (typeof decision === 'string') this.decline(n, { offer: offer.offer, reason: decision });
    else this.promise(offer, decision.kept, now + promiseMs);
    return typeof decision === 'string' ? decision : '';
  }

  private decide(
    offer: TaskOffer,
    reserved: string | undefined,
  ): string | { readonly kept: 'to-run' | 'to-wait' } {
    const never = this.places.whyNever(offer);
    if (never !== undefined) return never;
    const notNow = reserved ?? this.places.whyNotNow(offer);
    if (notNow === undefined) return { kept: 'to-run' };
    return this.places.hasQueue(offer.service) ? { kept: 'to-wait' } : notNow;
  }

  private promise({ n, offer, service, needs }: TaskOffer, kept: 'to-run' | 'to-wait', until: number): void {
    const promise: Promised = { service, needs, offer, until, kept };
    if (kept === 'to-run') this.places.begun(promise);
    else this.places.queued(promise);
    this.promises.set(n, promise);
  }

  private decline(n: number, declined: Declined): void {
    this.declined.set(n, declined);
    if (this.declined.size <= taskLimits.tasksInHandMax) return;
    this.declined.delete(this.declined.keys().next().value as number);
  }

  private release(n: number): void {
    const promise = this.promises.get(n);
    if (promise === undefined) return;
    this.promises.delete(n);
    this.free(promise);
  }

  private free(promise: Promised): void {
    if (promise.kept === 'to-run') this.places.ended(promise);
    else if (promise.kept === 'to-wait') this.places.unqueued(promise);
  }
}
