/**
 * Who is heard again and again and is still outside the mesh: too few hear it for the usual share of answers.
 *
 * Who calls it: the discovery behavior, for each solicitation of a node out of reach. A node knows how many
 * are in its mesh, not how many of them hear a broadcast: of a thousand nodes in a hundred networks ten do.
 * Invariant: the share grows only with time, at most once per `unansweredAfterMs`, and the memory is bounded.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { discoveryLimits } from './limits.ts';

interface Unheeded {
  times: number;
  countedAt: number;
}

export class Unanswered {
  private readonly nodes = new Map<NodeId, Unheeded>();

  /** By what factor the share of answers grows for this one: 1 when it is heard first. */
  heard(id: NodeId, now: number): number {
    const known = this.nodes.get(id);
    const sinceMs = now - (known?.countedAt ?? Number.NEGATIVE_INFINITY);
    if (known === undefined || sinceMs > discoveryLimits.unansweredKeptMs) {
      this.remember(id, { times: 0, countedAt: now });
      return 1;
    }
    if (sinceMs >= discoveryLimits.unansweredAfterMs)
      this.remember(id, { times: known.times + 1, countedAt: now });
    return discoveryLimits.unansweredGrowth ** (this.nodes.get(id) as Unheeded).times;
  }

  /** It is one of the mesh. */
  joined(id: NodeId): void {
    this.nodes.delete(id);
  }

  private remember(id: NodeId, unheeded: Unheeded): void {
    this.nodes.delete(id);
    if (this.nodes.size >= discoveryLimits.unansweredMax)
      this.nodes.delete(this.nodes.keys().next().value as NodeId);
    this.nodes.set(id, unheeded);
  }
}
