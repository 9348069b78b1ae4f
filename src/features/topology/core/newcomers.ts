/**
 * How many nodes of which nothing was known each neighbor may bring.
 *
 * Who calls it: the topology behavior, before it looks into such a record. A whole island comes over one link, so there is
 * much room at once; what a neighbor invents is as many as it likes. Invariant: nothing is refused: what exceeds the
 * allowance waits in the backlog, and who brought it is named.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import { topologyLimits } from './limits.ts';

export class Newcomers {
  private readonly allowances = new Map<LinkId, TokenBucket>();
  private readonly held = new Set<LinkId>();

  /** One more comes over this link. */
  take(link: LinkId, now: number): boolean {
    return this.allowanceOf(link, now).take(now);
  }

  /** When the next one may. */
  nextAt(link: LinkId, now: number): number {
    return this.allowanceOf(link, now).nextAt(now);
  }

  /** True the first time: what this link brings has to wait. */
  hold(link: LinkId): boolean {
    if (this.held.has(link)) return false;
    this.held.add(link);
    return true;
  }

  linkDown(link: LinkId): void {
    this.allowances.delete(link);
    this.held.delete(link);
  }

  /** Links whose newcomers had to wait. */
  get heldLinks(): ReadonlySet<LinkId> {
    return this.held;
  }

  private allowanceOf(link: LinkId, now: number): TokenBucket {
    let allowance = this.allowances.get(link);
    if (allowance === undefined) {
      const { newcomersPerSecond, newcomersBurst } = topologyLimits;
      allowance = new TokenBucket(newcomersPerSecond, newcomersBurst, now);
      this.allowances.set(link, allowance);
    }
    return allowance;
  }
}
