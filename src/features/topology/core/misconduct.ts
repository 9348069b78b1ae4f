/**
 * Who does what no honest node does, and is cut off for it.
 *
 * Who calls it: the topology behavior, with what each neighbor sent. Invariant: a neighbor is judged by what
 * it vouches for itself: it passes on only what it has checked, and an origin makes fewer records than
 * anybody takes of it, so only who forges or floods comes to this.
 */
import type { LinkId, Neighbor } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { TokenBuckets } from '../../../kernel/parts/token-buckets.ts';
import { topologyLimits } from './limits.ts';

export interface CutOff {
  readonly name: string;
  readonly reason: string;
  /** Kernel time of the last time. */
  readonly at: number;
  readonly times: number;
}

export class Misconduct {
  private readonly excess = new TokenBuckets<LinkId>(
    topologyLimits.excessRecordsPerSecond,
    topologyLimits.excessRecordsBurst,
    limits.linksMax,
  );
  private readonly cutOffs = new Map<NodeId, CutOff>();

  /** One more record than its origin may make came over this link. True: there were too many of them. */
  exceeded(link: LinkId, now: number): boolean {
    return !this.excess.take(link, now);
  }

  cutOff({ id, name }: Neighbor, reason: string, now: number): void {
    const times = (this.cutOffs.get(id)?.times ?? 0) + 1;
    this.cutOffs.delete(id);
    if (this.cutOffs.size >= limits.strangersMax)
      this.cutOffs.delete(this.cutOffs.keys().next().value as NodeId);
    this.cutOffs.set(id, { name, reason, at: now, times });
  }

  linkDown(link: LinkId): void {
    this.excess.delete(link);
  }

  /** It is to be kept out for now. */
  standing(id: NodeId, now: number): CutOff | undefined {
    const cutOff = this.cutOffs.get(id);
    return cutOff !== undefined && now - cutOff.at < topologyLimits.cutOffMs ? cutOff : undefined;
  }

  get all(): readonly CutOff[] {
    return [...this.cutOffs.values()];
  }
}
