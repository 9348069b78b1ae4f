/**
 * How long tasks of a service wait and run, from those that were done last, and when a worker will have room.
 *
 * The broker records each task that is done, and answers questions from here. Invariant: an estimate says from how many
 * tasks and when it was made; where nothing was observed there is none.
 */
import { taskLimits } from '../limits.ts';
import type { Requirements } from '../requirements.ts';
import type { Duration } from '../tasks-types.ts';
import type { Held, Worker } from './worker.ts';

/** Figures are made again at most this often. */
const renewMs = 1000;

/** Milliseconds, of the tasks of one service. */
export interface Estimate {
  readonly waitedP50: number;
  readonly waitedP90: number;
  readonly ranP50: number;
  readonly ranP90: number;
  /** From this number of tasks. */
  readonly count: number;
  /** When it was made: Unix milliseconds. */
  readonly computedAt: number;
}

/** When a worker could begin a task, in milliseconds from now. */
export interface Begins {
  /** If what is in its hand takes as long as its service takes at the median, and at the ninth decile. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** From this number of tasks that were done; 0: it has room now. */
  readonly count: number;
  /** When the oldest figure of these was made: Unix milliseconds. */
  readonly computedAt: number;
}

interface Observed {
  /** The last ones, and which of them is the next to make room: to move all others would cost more than all else. */
  readonly durations: Duration[];
  next: number;
  /** Counts on with each task of any service. */
  heardAt: number;
  estimate: Estimate | undefined;
  isStale: boolean;
}

export class Estimates {
  private heard = 0;
  private readonly services = new Map<string, Observed>();

  /** What the store knows of a service. @param durations The newest first. */
  load(service: string, durations: readonly Duration[]): void {
    for (const duration of [...durations].reverse()) this.record(service, duration);
  }

  /** Of which something was observed. */
  names(): Iterable<string> {
    return this.services.keys();
  }

  /** Whether anything was observed. */
  has(service: string): boolean {
    return this.services.has(service);
  }

  record(service: string, duration: Duration): void {
    const observed = this.services.get(service) ?? this.begin(service);
    observed.heardAt = ++this.heard;
    observed.durations[observed.next] = duration;
    observed.next = (observed.next + 1) % taskLimits.taskDurationsMax;
    observed.isStale = true;
  }

  /** @param now Unix milliseconds. @returns Undefined: no task of it was done yet. */
  of(service: string, now: number): Estimate | undefined {
    const observed = this.services.get(service);
    if (observed === undefined) return undefined;
    const { estimate, isStale } = observed;
    // A clock that was set back has it made again too.
    const isRecent =
      estimate !== undefined && now >= estimate.computedAt && now < estimate.computedAt + renewMs;
    if (estimate !== undefined && (isRecent || !isStale)) return estimate;
    observed.estimate = estimateOf(observed.durations, now);
    observed.isStale = false;
    return observed.estimate;
  }

  /** One that was not heard of for the longest time makes room. */
  private begin(service: string): Observed {
    if (this.services.size >= taskLimits.taskEstimatesMax) {
      let oldest = '';
      let heardAt = Number.POSITIVE_INFINITY;
      for (const [name, observed] of this.services)
        if (observed.heardAt < heardAt) [oldest, heardAt] = [name, observed.heardAt];
      this.services.delete(oldest);
    }
    const observed: Observed = { durations: [], next: 0, heardAt: 0, estimate: undefined, isStale: true };
    this.services.set(service, observed);
    return observed;
  }

  /** Undefined: never, or a task that is in the way is of a service of which none was done yet. */
  begins(worker: Worker, service: string, needs: Requirements, now: number): Begins | undefined {
    if (!worker.takesTasks || !worker.couldRun(service, needs)) return undefined;
    const at = (medianOf: (held: Held) => number | undefined): number | undefined =>
      new Outlook(worker, now, medianOf).beginsIn(service, needs);
    // Also where nothing that it has will ever end.
    if (at(() => undefined) === 0) return { p50Ms: 0, p90Ms: 0, count: 0, computedAt: now };
    const p50Ms = at((held) => this.of(held.service, now)?.ranP50);
    const p90Ms = at((held) => this.of(held.service, now)?.ranP90);
    if (p50Ms === undefined || p90Ms === undefined) return undefined;
    const services = new Set([...worker.held.values()].map((held) => held.service));
    const used = [...services].flatMap((name) => this.of(name, now) ?? []);
    return {
      p50Ms: Math.round(p50Ms),
      p90Ms: Math.round(p90Ms),
      count: used.reduce((sum, { count }) => sum + count, 0),
      computedAt: Math.min(...used.map((estimate) => estimate.computedAt)),
    };
  }
}

/** One worker as time goes on: tasks end, those of its own queue begin, and then the task in question. */
class Outlook {
  private readonly worker: Worker;
  private readonly running = new Map<Held, number>();
  private readonly waiting: Held[];
  private readonly medianOf: (held: Held) => number | undefined;
  private passedMs = 0;

  constructor(worker: Worker, now: number, medianOf: (held: Held) => number | undefined) {
    this.worker = worker;
    this.medianOf = medianOf;
    this.waiting = [...worker.inQueue];
    for (const held of worker.held.values()) {
      if (held.isWaiting || held.life !== worker.life) continue;
      const ranMs = held.state === 'running' ? Math.max(0, now - held.since) : 0;
      this.running.set(held, Math.max(0, (medianOf(held) ?? Number.POSITIVE_INFINITY) - ranMs));
    }
  }

  beginsIn(service: string, needs: Requirements): number | undefined {
    for (;;) {
      this.beginWaiting();
      if (this.waiting.length === 0 && this.fits(service, needs)) return this.passedMs;
      const [next, endsIn] = this.nextEnd();
      if (next === undefined || endsIn === Number.POSITIVE_INFINITY) return undefined;
      this.passedMs = Math.max(this.passedMs, endsIn);
      this.running.delete(next);
    }
  }

  private beginWaiting(): void {
    for (const held of [...this.waiting]) {
      if (!this.fits(held.service, held.needs)) continue;
      this.waiting.splice(this.waiting.indexOf(held), 1);
      this.running.set(held, this.passedMs + (this.medianOf(held) ?? Number.POSITIVE_INFINITY));
    }
  }

  private nextEnd(): readonly [Held | undefined, number] {
    let found: Held | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [held, endsIn] of this.running) if (endsIn < least) [found, least] = [held, endsIn];
    return [found, least];
  }

  private fits(service: string, needs: Requirements): boolean {
    const { room, services } = this.worker;
    const running = [...this.running.keys()];
    const ofService = running.filter((held) => held.service === service).length;
    if (service !== '' && ofService >= (services.get(service)?.concurrency ?? 0)) return false;
    const used = (of: (needs: Requirements) => number) =>
      running.reduce((sum, held) => sum + of(held.needs), 0);
    if (needs.cores > 0 && used(({ cores }) => cores) + needs.cores > room.capacity.cores) return false;
    if (needs.memory > 0 && used(({ memory }) => memory) + needs.memory > room.capacity.memory) return false;
    return needs.resources.every(
      ([kind, count]) => used((one) => unitsOf(one, kind)) + count <= room.unitsOf(kind),
    );
  }
}

function unitsOf({ resources }: Requirements, kind: string): number {
  return resources.find(([name]) => name === kind)?.[1] ?? 0;
}

function estimateOf(durations: readonly Duration[], computedAt: number): Estimate {
  const waited = durations.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b);
  const ran = durations.map(({ ranMs }) => ranMs).sort((a, b) => a - b);
  return {
    ...{ waitedP50: quantile(waited, 0.5), waitedP90: quantile(waited, 0.9) },
    ...{ ranP50: quantile(ran, 0.5), ranP90: quantile(ran, 0.9), count: durations.length, computedAt },
  };
}

/** The lowest that is not exceeded by this share of them. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] as number;
}
