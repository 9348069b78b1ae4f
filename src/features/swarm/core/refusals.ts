/**
 * Who was refused already, and how often a refusal is reported.
 *
 * Made by the swarm's behavior. Invariant: each incarnation is refused aloud once, and a broker that lies fills no log.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import { swarmLimits } from './limits.ts';

export class Refusals {
  /** The incarnation of each node that was refused last. */
  private readonly refused = new Map<NodeId, number>();
  private readonly reports = new TokenBucket(
    swarmLimits.swarmNoticesPerSecond,
    swarmLimits.swarmNoticesBurst,
    0,
  );

  isFirst({ node, life }: LineEnd): boolean {
    if (this.refused.get(node) === life) return false;
    if (this.refused.size >= limits.recordsMax) this.refused.clear();
    this.refused.set(node, life);
    return true;
  }

  forget(node: NodeId): void {
    this.refused.delete(node);
  }

  /** False: this incarnation was not refused. */
  takeBack({ node, life }: LineEnd): boolean {
    return this.refused.get(node) === life && this.refused.delete(node);
  }

  /** Whether the program is to hear of what the broker has refused. */
  mayReport(now: number): boolean {
    return this.reports.take(now);
  }
}
