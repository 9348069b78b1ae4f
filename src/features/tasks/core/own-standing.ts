/**
 * How a worker stands to a task that somebody asks it about: the answer to an availability query.
 *
 * Used by the workbench. It is worked out as the broker does, from what the worker has in its hand. Invariant: what was
 * promised to the broker counts, so that the answer is what an offer at this moment would get.
 */

import type { Estimates } from './matching/estimates.ts';
import { standingOf, type WorkerStanding } from './matching/standing.ts';
import { whyNot } from './matching/why-not.ts';
import { type Held, Worker } from './matching/worker.ts';
import type { WorkerFigures } from './messages.ts';
import type { Promised } from './offer-answers.ts';
import type { Capacity, Offered, Requirements } from './requirements.ts';

export interface OwnHand {
  readonly name: string;
  /** Monotonic milliseconds, and Unix milliseconds. */
  readonly now: number;
  readonly wallNow: number;
  readonly services: readonly Offered[];
  readonly capacity: Capacity;
  readonly isDraining: boolean;
  readonly isUnavailable: boolean;
  readonly running: Iterable<{
    readonly task: { readonly service: string; readonly needs: Requirements };
    /** Monotonic. */
    readonly startedAt: number;
  }>;
  readonly waiting: Iterable<{ readonly service: string; readonly needs: Requirements }>;
  readonly promised: readonly Promised[];
  readonly estimates: Estimates;
  readonly figures: WorkerFigures;
}

export function ownStanding(hand: OwnHand, service: string, needs: Requirements): WorkerStanding {
  const { name, now, wallNow, estimates, figures } = hand;
  const worker = new Worker(name);
  worker.work({ ...hand, life });
  for (const { task, startedAt } of hand.running)
    take(worker, { ...task, state: 'running', isWaiting: false, since: wallNow - (now - startedAt) });
  // Each behind the one before: they are in order already.
  for (const { service, needs } of hand.waiting)
    take(worker, { service, needs, state: 'assigned', isWaiting: true, since: wallNow });
  for (const { service, needs, kept } of hand.promised)
    take(worker, { service, needs, state: 'assigned', isWaiting: kept === 'to-wait', since: wallNow });
  const why = hand.services.length === 0 ? 'works on no tasks' : whyNot(worker, service, needs, '');
  const begins = estimates.begins(worker, service, needs, wallNow);
  return standingOf(worker, { whyNot: why ?? '', begins, figures });
}

const life = 1;

function take(
  worker: Worker,
  {
    service,
    needs,
    state,
    isWaiting,
    since,
  }: Pick<Held, 'service' | 'needs' | 'state' | 'isWaiting' | 'since'>,
): void {
  const n = worker.held.size;
  worker.take({ n, service, needs, priority: 3, life, state, isWaiting, since });
}
