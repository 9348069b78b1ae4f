/**
 * What a worker can take on: its services, how many tasks of each it runs and keeps waiting, and the room of the node.
 *
 * Used by the workbench. What was promised to the broker counts like what runs or waits. Invariant: no more of a service
 * is promised than it has places, and together no more than there is room for.
 */
import { taskLimits } from './limits.ts';
import type { Capacity, Offered, Requirements } from './requirements.ts';
import { Room, whyElsewhere } from './room.ts';

export interface Kind {
  readonly service: string;
  readonly needs: Requirements;
}

interface Counts {
  atWork: number;
  waiting: number;
}

export class Places {
  private readonly name: string;
  private readonly room = new Room();
  private services = new Map<string, Offered>();
  private readonly counts = new Map<string, Counts>();
  private readonly all: Counts = { atWork: 0, waiting: 0 };

  /** @param name Of this node: a task may ask for it, or exclude it. */
  constructor(name: string) {
    this.name = name;
  }

  offer(services: readonly Offered[], capacity: Capacity): void {
    this.services = new Map(services.map((offered) => [offered.service, offered]));
    this.room.resize(capacity);
  }

  get offered(): readonly Offered[] {
    return [...this.services.values()];
  }

  get isOffering(): boolean {
    return this.services.size > 0;
  }

  get capacity(): Capacity {
    return this.room.capacity;
  }

  /** Why this worker can never run it, as it is. */
  whyNever({ service, needs }: Kind): string | undefined {
    if (!this.services.has(service)) return `offers no "${service}"`;
    return whyElsewhere(needs, this.name) ?? this.room.whyTooSmall(needs);
  }

  /** Why it cannot be begun now, though it could be. */
  whyNotNow({ service, needs }: Kind): string | undefined {
    return this.whyFull(service) ?? this.room.whyShort(needs);
  }

  /** As many of the service run as may. */
  whyFull(service: string): string | undefined {
    const { taskConcurrencyMax } = taskLimits;
    const concurrency = this.services.get(service)?.concurrency ?? 0;
    const { atWork } = this.of(service);
    if (atWork >= concurrency) return `runs ${atWork} of ${concurrency} of "${service}"`;
    return this.all.atWork >= taskConcurrencyMax ? `runs ${taskConcurrencyMax} tasks` : undefined;
  }

  /** One more of the service may wait in the worker's own queue. */
  hasQueue(service: string): boolean {
    const queue = this.services.get(service)?.queue ?? 0;
    return this.of(service).waiting < queue && this.all.waiting < taskLimits.taskQueueMax;
  }

  begun({ service, needs }: Kind): void {
    this.change(service, 'atWork', 1);
    this.room.take(needs);
  }

  ended({ service, needs }: Kind): void {
    this.change(service, 'atWork', -1);
    this.room.giveBack(needs);
  }

  queued({ service }: Kind): void {
    this.change(service, 'waiting', 1);
  }

  unqueued({ service }: Kind): void {
    this.change(service, 'waiting', -1);
  }

  private change(service: string, count: keyof Counts, by: 1 | -1): void {
    const counts = { ...this.of(service) };
    counts[count] += by;
    this.all[count] += by;
    if (counts.atWork + counts.waiting === 0) this.counts.delete(service);
    else this.counts.set(service, counts);
  }

  private of(service: string): Counts {
    return this.counts.get(service) ?? { atWork: 0, waiting: 0 };
  }
}
