/**
 * What a program does to the memory of its process, as counts: collections by kind, and bytes that were allocated.
 *
 * Used by the programs beside it, which print them. Invariant: counts, never times, so that a loaded machine changes
 * nothing of them.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';

export interface Collections {
  readonly young: number;
  readonly full: number;
}

export class CollectionCount {
  private young = 0;
  private full = 0;
  private readonly observer = new PerformanceObserver((list) => this.add(list.getEntries()));

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  /** Node.js reports a collection some turns of the loop after it. */
  async stop(): Promise<Collections> {
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    this.add(this.observer.takeRecords());
    this.observer.disconnect();
    return { young: this.young, full: this.full };
  }

  private add(entries: readonly object[]): void {
    for (const entry of entries) {
      const { kind } = (entry as { detail: { kind: number } }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.full++;
      else if (kind === constants.NODE_PERFORMANCE_GC_MINOR) this.young++;
    }
  }
}

/** Sums what grows between two looks: what is freed meanwhile hides the rest, so look often. */
export class Growth {
  private readonly size: () => number;
  private last: number;
  bytes = 0;

  constructor(size: () => number) {
    this.size = size;
    this.last = size();
  }

  look(): void {
    const now = this.size();
    this.bytes += Math.max(0, now - this.last);
    this.last = now;
  }
}

export function print(counts: object): void {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
}
