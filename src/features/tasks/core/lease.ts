/**
 * A worker's lease: for how long it may hold what it has claimed without a word from the broker.
 *
 * Used by the workbench. A renewal counts from the moment in which it was asked for, so that the lease is never over at
 * the broker before it is here. Its age is what the monotonic clock or the wall clock says, whichever is more: one of them
 * may have stood still while the machine was suspended. Invariant: a lease that is over is held again only by a renewal.
 */
import { taskLimits } from './limits.ts';

interface Moment {
  readonly now: number;
  readonly wallNow: number;
}

type State =
  /** No broker has answered yet. */
  | { readonly type: 'none' }
  | { readonly type: 'held'; readonly since: Moment; readonly leaseMs: number }
  | { readonly type: 'over' };

const never = Number.POSITIVE_INFINITY;
/** Renewals that are not answered: those of more than a minute ago would renew nothing. */
const unansweredMax = 20;

export class Lease {
  private state: State = { type: 'none' };
  private readonly asked = new Map<number, Moment>();
  private lastNumber = 0;
  private nextAt = 0;

  get isHeld(): boolean {
    return this.state.type === 'held';
  }

  isToRenew({ now }: Moment): boolean {
    return now >= this.nextAt;
  }

  /** Of the next renewal. It is to be said in this moment, or could not be. */
  ask({ now, wallNow }: Moment): number {
    this.nextAt = now + taskLimits.taskRenewMs;
    this.asked.set(++this.lastNumber, { now, wallNow });
    if (this.asked.size > unansweredMax) this.asked.delete(this.asked.keys().next().value as number);
    return this.lastNumber;
  }

  renewed(number: number, leaseMs: number, moment: Moment): void {
    const since = this.asked.get(number);
    if (since === undefined) return;
    for (const earlier of this.asked.keys()) if (earlier <= number) this.asked.delete(earlier);
    if (ageMs(since, moment) < leaseMs - taskLimits.taskLeaseMarginMs)
      this.state = { type: 'held', since, leaseMs };
  }

  /** Another broker has not heard what was asked. */
  brokerChanged(): void {
    this.asked.clear();
    this.nextAt = 0;
  }

  /** True, once: the lease is over now, or so nearly that what it holds has to end. */
  hasRunOut(moment: Moment): boolean {
    const { state } = this;
    if (state.type !== 'held') return false;
    if (ageMs(state.since, moment) < state.leaseMs - taskLimits.taskLeaseMarginMs) return false;
    this.state = { type: 'over' };
    return true;
  }

  /** @param isWanted There is something to renew it for. */
  nextDeadline(isWanted: boolean): number {
    const { state } = this;
    const end =
      state.type === 'held' ? state.since.now + state.leaseMs - taskLimits.taskLeaseMarginMs : never;
    return Math.min(end, isWanted ? this.nextAt : never);
  }
}

function ageMs(since: Moment, { now, wallNow }: Moment): number {
  return Math.max(now - since.now, wallNow - since.wallNow);
}
