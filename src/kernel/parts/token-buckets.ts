/**
 * A token bucket for each of many: origins of records, links.
 *
 * Who calls it: whatever limits the rate of each of its peers. Invariant: at most `keysMax` are kept; one more, and all begin
 * with a full bucket again.
 */
import { TokenBucket } from './token-bucket.ts';

export class TokenBuckets<Key> {
  private readonly perSecond: number;
  private readonly burst: number;
  private readonly keysMax: number;
  private readonly buckets = new Map<Key, TokenBucket>();

  constructor(perSecond: number, burst: number, keysMax: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.keysMax = keysMax;
  }

  take(key: Key, now: number): boolean {
    return this.of(key, now).take(now);
  }

  /** When the next `take` will be granted. */
  nextAt(key: Key, now: number): number {
    return this.of(key, now).nextAt(now);
  }

  delete(key: Key): void {
    this.buckets.delete(key);
  }

  private of(key: Key, now: number): TokenBucket {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      if (this.buckets.size >= this.keysMax) this.buckets.clear();
      bucket = new TokenBucket(this.perSecond, this.burst, now);
      this.buckets.set(key, bucket);
    }
    return bucket;
  }
}
