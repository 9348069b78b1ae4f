/** How each service is doing, as the broker sees it: who has it, what waits, and how long its tasks wait and run. */
import type { Estimate, Estimates } from '../matching/estimates.ts';
import type { Matching } from '../matching/matching.ts';

export interface ServiceFigures {
  readonly service: string;
  /** Queued tasks. */
  readonly depth: number;
  /** When the oldest of these was ordered: Unix milliseconds. Absent: none is queued. */
  readonly oldestAt?: number;
  /** At workers: begun, or in their own queues. */
  readonly atWorkers: number;
  /** Of those that are here and have it: at most 100 by name, and all of them. */
  readonly workers: readonly string[];
  readonly workerCount: number;
  /** Absent: none of its tasks was done yet. */
  readonly durations?: Estimate;
}

/** Names of workers that one service shows. */
const workersShownMax = 100;

/** By name: services that are queued, offered, or of which a task was done. */
export function serviceFigures(matching: Matching, estimates: Estimates, now: number): ServiceFigures[] {
  const names = new Set([...matching.services, ...estimates.names()]);
  const workers = new Map<string, string[]>();
  const atWorkers = new Map<string, number>();
  for (const worker of matching.known()) {
    for (const { service } of worker.held.values()) atWorkers.set(service, (atWorkers.get(service) ?? 0) + 1);
    if (!worker.isHere) continue;
    for (const service of worker.services.keys())
      workers.set(service, [...(workers.get(service) ?? []), worker.name]);
  }
  for (const service of atWorkers.keys()) names.add(service);
  return [...names].sort().map((service) => {
    const { depth, oldest } = matching.queueFigures(service);
    const here = (workers.get(service) ?? []).sort();
    const durations = estimates.of(service, now);
    return {
      ...{ service, depth },
      ...(depth === 0 ? {} : { oldestAt: oldest }),
      atWorkers: atWorkers.get(service) ?? 0,
      ...{ workers: here.slice(0, workersShownMax), workerCount: here.length },
      ...(durations === undefined ? {} : { durations }),
    };
  });
}
