/**
 * Why a worker does not take a task now, in words with figures: for `worker ls` and `task show`.
 *
 * What cannot change by waiting comes first. Names and reasons are printable: decoders see to that.
 */
import type { Requirements } from '../requirements.ts';
import { whyElsewhere } from '../room.ts';
import type { Worker } from './worker.ts';

/** Undefined: it would. Empty service: of any. */
export function whyNot(
  worker: Worker,
  service: string,
  needs: Requirements,
  key: string,
): string | undefined {
  return (
    whyAbsent(worker) ??
    whyNever(worker, service, needs) ??
    whyDeclined(worker, key) ??
    whyKept(worker, key) ??
    whyFull(worker, service) ??
    worker.room.whyShort(needs)
  );
}

function whyAbsent(worker: Worker): string | undefined {
  if (!worker.isHere) return 'is unreachable';
  if (worker.isDraining) return 'is draining';
  return worker.isUnavailable ? 'is not available: its node takes no work' : undefined;
}

/** With nothing else in hand it would lack this too. */
function whyNever(worker: Worker, service: string, needs: Requirements): string | undefined {
  if (service !== '' && (worker.services.get(service)?.concurrency ?? 0) === 0)
    return `offers no "${service}"`;
  return whyElsewhere(needs, worker.name) ?? worker.room.whyTooSmall(needs);
}

function whyDeclined(worker: Worker, key: string): string | undefined {
  const declined = worker.declined.get(key) ?? worker.declined.get('');
  return declined === undefined ? undefined : `declined: ${declined.reason}`;
}

function whyKept({ keptFor }: Worker, key: string): string | undefined {
  if (keptFor === undefined || keptFor.key === key) return undefined;
  return `is kept free for task ${keptFor.tasks.first?.id ?? ''}`;
}

function whyFull(worker: Worker, service: string): string | undefined {
  const post = worker.services.get(service);
  const waiting = post?.waiting ?? 0;
  if (post !== undefined && post.begun >= post.concurrency) {
    return `runs ${post.begun} of ${post.concurrency} of "${service}"${queueOf(waiting, post.queue)}`;
  }
  if (worker.hasAll) return `has ${worker.held.size} tasks, the most that one worker may have`;
  if (!worker.isOpen) return 'has too many offers to answer';
  return worker.isOwedRoom || waiting > 0 ? 'has tasks in its own queue that come first' : undefined;
}

function queueOf(waiting: number, queue: number): string {
  return queue === 0 ? '' : `, and ${waiting} of ${queue} wait in its own queue`;
}
