/**
 * How a worker stands to a task that somebody asks about, with its figures: for `worker ls` and for queries.
 *
 * The broker makes them of all workers, and a worker of itself. Invariant: what is not known is absent.
 */
import type { WorkerFigures } from '../messages.ts';
import type { Begins } from './estimates.ts';
import type { Worker } from './worker.ts';

export interface WorkerStanding {
  readonly name: string;
  readonly isHere: boolean;
  /** Empty: it takes such a task now. */
  readonly whyNot: string;
  /** In its hand: offered, waiting in its own queue, running. */
  readonly tasks: number;
  /** Of these, those that wait in its own queue. */
  readonly waiting: number;
  /** Absent: nobody knows. */
  readonly begins?: Begins;
  readonly services: readonly {
    readonly service: string;
    readonly concurrency: number;
    readonly queue: number;
  }[];
  /** Of the node for all its tasks, and what of it these leave. */
  readonly cores: number;
  readonly freeCores: number;
  readonly memory: number;
  readonly freeMemory: number;
  readonly software: readonly string[];
  readonly resources: Readonly<Record<string, number>>;
  /** As it has said with its lease. Absent: it has said nothing yet. */
  readonly figures?: StatedFigures;
}

/** Of its machine, and of what it has done since its node has begun. */
interface StatedFigures {
  /** Absent: its machine says nothing of it. */
  readonly load?: number;
  readonly freeMemory: number;
  readonly done: number;
  readonly failed: number;
  /** Absent: none was done yet. */
  readonly meanMs?: number;
}

export interface Known {
  readonly whyNot: string;
  readonly begins: Begins | undefined;
  readonly figures: WorkerFigures | undefined;
}

export function standingOf(worker: Worker, { whyNot, begins, figures }: Known): WorkerStanding {
  const { name, isHere, held, waiting } = worker;
  const { capacity, freeCores, freeMemory } = worker.room;
  const services = [...worker.services.values()].map(({ service, concurrency, queue }) => {
    return { service, concurrency, queue };
  });
  return {
    ...{ name, isHere, whyNot, tasks: held.size, waiting, services },
    ...{ cores: capacity.cores, freeCores, memory: capacity.memory, freeMemory },
    software: capacity.software,
    resources: Object.fromEntries(capacity.resources),
    ...(begins === undefined ? {} : { begins }),
    ...(figures === undefined ? {} : { figures: statedFigures(figures) }),
  };
}

function statedFigures({ load, freeMemory, done, failed, meanMs }: WorkerFigures): StatedFigures {
  return {
    ...(load < 0 ? {} : { load }),
    ...{ freeMemory, done, failed },
    ...(done === 0 ? {} : { meanMs: Math.round(meanMs) }),
  };
}
