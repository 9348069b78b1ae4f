/**
 * The queued tasks of one service, of which the oldest is asked for now and then.
 *
 * Used by service queues. To add a task and to take one out costs next to nothing, as all tasks pay for it; only who asks looks
 * through what has come, or come back, since. Invariant: a task that is in has one entry that stands for it; entries of tasks
 * that were taken out stand for none, and are never more than half of all, but for a few.
 */
export interface AgeEntry {
  /** Undefined: it was taken out. */
  task: Aged | undefined;
}

interface Aged {
  readonly n: number;
  readonly orderedAt: number;
  ageEntry: AgeEntry | undefined;
}

/** With fewer it is not worth it to make another list. */
const emptyMax = 64;

export class AgeList {
  /** Before `sorted` the oldest first; those behind came later, in any order. */
  private entries: AgeEntry[] = [];
  private sorted = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Entries, those of tasks that were taken out included. */
  get places(): number {
    return this.entries.length;
  }

  get oldest(): Aged | undefined {
    if (this.sorted < this.entries.length) this.sort();
    return this.entries.find(({ task }) => task !== undefined)?.task;
  }

  add(task: Aged): void {
    const entry = { task };
    task.ageEntry = entry;
    this.entries.push(entry);
    this.count++;
  }

  delete(task: Aged): void {
    if (task.ageEntry === undefined) return;
    task.ageEntry.task = undefined;
    task.ageEntry = undefined;
    this.count--;
    if (this.entries.length > 2 * this.count + emptyMax) this.compact();
  }

  private sort(): void {
    this.compact();
    this.entries.sort(({ task: a }, { task: b }) => order(a as Aged, b as Aged));
    this.sorted = this.entries.length;
  }

  private compact(): void {
    const before = this.entries;
    const behind = before.slice(this.sorted).filter(isTaken);
    const ahead = before.slice(0, this.sorted).filter(isTaken);
    this.sorted = ahead.length;
    this.entries = ahead.concat(behind);
  }
}

function isTaken({ task }: AgeEntry): boolean {
  return task !== undefined;
}

function order(a: Aged, b: Aged): number {
  return a.orderedAt - b.orderedAt || a.n - b.n;
}
