/**
 * How many nodes of which nothing was known each neighbor may bring.
 *
 * Who calls it: the topology behavior, before it looks into such a record. A whole island comes over one link, so there is
 * much room at once; what a neighbor invents is as many as it likes. Invariant: nothing is refused: what exceeds the
 * allowance waits in the backlog, and who brought it is named.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import { limits } from '../../../kernel/limits.ts';
import { TokenBuckets } from '../../../kernel/parts/token-buckets.ts';
import { topologyLimits } from './limits.ts';

export class Newcomers {
  private readonly allowances = new TokenBuckets<LinkId>(
    topologyLimits.newcomersPerSecond,
    topologyLimits.newcomersBurst,
    limits.linksMax,
  );
  private readonly held = new Set<LinkId>();

  /** One more comes over this link. */
  take(link: LinkId, now: number): boolean {
    return this.allowances.take(link, now);
  }

  /** When the next one may. */
  nextAt(link: LinkId, now: number): number {
    return this.allowances.nextAt(link, now);
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
}
