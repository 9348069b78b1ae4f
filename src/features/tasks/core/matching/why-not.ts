/**
 * Why a worker does not take a task now, in words with figures: for `worker ls` and `task show`.
 *
 * What cannot change by waiting comes first. Names and reasons are printable: decoders see to that.
 */
import type { Requirements } from '../requirements.ts';
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
    whyNoRoom(worker, needs)
  );
}

function whyAbsent(worker: Worker): string | undefined {
  if (!worker.isHere) return 'is unreachable';
  if (worker.isDraining) return 'is draining';
  return worker.isUnavailable ? 'is not available: its node takes no work' : undefined;
}

/** With nothing else in hand it would lack this too. */
function whyNever(worker: Worker, service: string, needs: Requirements): string | undefined {
  const { capacity } = worker;
  if (service !== '' && (worker.services.get(service)?.concurrency ?? 0) === 0)
    return `offers no "${service}"`;
  if (needs.node !== '' && needs.node !== worker.name) return `is not "${needs.node}"`;
  if (needs.not.includes(worker.name)) return 'is excluded by the task';
  const software = worker.lacksSoftware(needs);
  if (software !== undefined) return `lacks software "${software}"`;
  if (needs.cores > capacity.cores)
    return `has ${counted(capacity.cores, 'core')}, ${needs.cores} are needed`;
  if (needs.memory > capacity.memory) {
    return `has ${bytes(capacity.memory)} of memory, ${bytes(needs.memory)} are needed`;
  }
  for (const [kind, count] of needs.resources) {
    const all = worker.unitsFor(kind, 'in-queue');
    if (count > all) return all === 0 ? `has no "${kind}"` : `has ${all} "${kind}", ${count} are needed`;
  }
  return undefined;
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
  const { begun, waiting } = worker.tally(service);
  const offered = worker.services.get(service);
  if (offered !== undefined && begun >= offered.concurrency) {
    return `runs ${begun} of ${offered.concurrency} of "${service}"${queueOf(waiting, offered.queue)}`;
  }
  if (worker.hasAll) return `has ${worker.held.size} tasks, the most that one worker may have`;
  if (!worker.isOpen) return 'has too many offers to answer';
  return worker.isOwedRoom || waiting > 0 ? 'has tasks in its own queue that come first' : undefined;
}

function queueOf(waiting: number, queue: number): string {
  return queue === 0 ? '' : `, and ${waiting} of ${queue} wait in its own queue`;
}

function whyNoRoom(worker: Worker, needs: Requirements): string | undefined {
  const { capacity, freeCores, freeMemory } = worker;
  if (needs.cores > freeCores) return `has ${freeCores} of ${counted(capacity.cores, 'core')} free`;
  if (needs.memory > freeMemory)
    return `has ${bytes(freeMemory)} of ${bytes(capacity.memory)} of memory free`;
  for (const [kind, count] of needs.resources) {
    const free = worker.unitsFor(kind, 'at-once');
    if (count > free) return `has ${free} of ${worker.unitsFor(kind, 'in-queue')} "${kind}" free`;
  }
  return undefined;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** In the unit of which it has at least one; one digit behind the point unless it is whole. */
export function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [size, unit] = [count, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  // Rounded down: what is free is never said to be more.
  return `${Math.floor(size * 10) / 10} ${units[unit]}`;
}
