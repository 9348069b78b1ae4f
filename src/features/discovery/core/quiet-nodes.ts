/**
 * Nodes whose link was hung up by hand: discovery leaves them alone for `hangupQuietMs`.
 *
 * Who calls it: the discovery behavior. Invariant: a link to such a node, made by hand, ends its quiet at once;
 * what is over is forgotten when the next link is hung up.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { discoveryLimits } from './limits.ts';

export class QuietNodes {
  private readonly until = new Map<NodeId, number>();

  /** From now on it is left alone. */
  add(node: NodeId, now: number): void {
    for (const [id, until] of this.until) if (until <= now) this.until.delete(id);
    this.until.set(node, now + discoveryLimits.hangupQuietMs);
  }

  /** There is a link to it. */
  linked(node: NodeId): void {
    this.until.delete(node);
  }

  has(node: NodeId, now: number): boolean {
    return (this.until.get(node) ?? 0) > now;
  }

  /** Undefined: its link was never hung up, or that is forgotten. */
  untilOf(node: NodeId): number | undefined {
    return this.until.get(node);
  }
}
