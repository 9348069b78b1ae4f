/**
 * One service that this node offers: how many requests its handler is given at once, and how many wait.
 *
 * Who calls it: the responder. Invariant: at most `concurrency` run, at most `queue` wait, first come first served.
 */
import type { ServeOptions } from './calls-types.ts';
import type { ServiceStanding } from './shared.ts';

/** What waits: only one that is `queued` still gets its turn. */
interface Waiting {
  readonly state: string;
}

export class Service<Work extends Waiting> {
  readonly name: string;
  private readonly concurrency: number;
  private readonly queueMax: number;
  private running = 0;
  private waiting: Work[] = [];
  private head = 0;

  constructor(name: string, { concurrency, queue }: ServeOptions) {
    this.name = name;
    this.concurrency = concurrency;
    this.queueMax = queue;
  }

  /** Whether a request that comes now may be carried out at once. */
  get hasRoom(): boolean {
    return this.running < this.concurrency;
  }

  get isFull(): boolean {
    return this.waitingCount >= this.queueMax;
  }

  get waitingCount(): number {
    return this.waiting.length - this.head;
  }

  get standing(): ServiceStanding {
    const { concurrency, queueMax, running, waitingCount } = this;
    return { concurrency, queue: queueMax, running, waiting: waitingCount };
  }

  begun(): void {
    this.running++;
  }

  ended(): void {
    this.running--;
  }

  wait(work: Work): void {
    this.waiting.push(work);
  }

  /** Whose turn it is; those that nobody waits for any more are passed over. */
  next(): Work | undefined {
    while (this.head < this.waiting.length) {
      const work = this.waiting[this.head++] as Work;
      if (this.head === this.waiting.length || this.head > 1024) this.compact();
      if (work.state === 'queued') return work;
    }
    return undefined;
  }

  /** All that wait: the service is not offered any more. */
  *rest(): Iterable<Work> {
    for (let work = this.next(); work !== undefined; work = this.next()) yield work;
  }

  private compact(): void {
    this.waiting.splice(0, this.head);
    this.head = 0;
  }
}
