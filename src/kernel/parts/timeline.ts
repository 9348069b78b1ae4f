/**
 * Many deadlines, cheaply: numbers in buckets of time.
 *
 * Who calls it: whoever has thousands of things that each want to be looked at later. Adding costs one
 * array push and removing nothing: what is no longer wanted is simply not found when its time comes.
 * Invariant: an entry comes due at or after its time, at most one bucket later.
 */
export class Timeline {
  private readonly bucketMs: number;
  private readonly buckets = new Map<number, number[]>();
  private earliest = Number.POSITIVE_INFINITY;

  constructor(bucketMs: number) {
    this.bucketMs = bucketMs;
  }

  add(at: number, entry: number): void {
    const bucket = Math.ceil(at / this.bucketMs);
    const entries = this.buckets.get(bucket);
    if (entries === undefined) this.buckets.set(bucket, [entry]);
    else entries.push(entry);
    if (bucket < this.earliest) this.earliest = bucket;
  }

  nextDeadline(): number {
    return this.earliest * this.bucketMs;
  }

  due(now: number): number[] {
    if (this.earliest * this.bucketMs > now) return [];
    const due: number[] = [];
    const times = [...this.buckets.keys()].sort((a, b) => a - b);
    for (const bucket of times) {
      if (bucket * this.bucketMs > now) break;
      for (const entry of this.buckets.get(bucket) as number[]) due.push(entry);
      this.buckets.delete(bucket);
    }
    this.earliest = times.find((bucket) => this.buckets.has(bucket)) ?? Number.POSITIVE_INFINITY;
    return due;
  }
}
