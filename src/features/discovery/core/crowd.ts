/**
 * How many nodes there are about, whether they belong to the mesh yet or not.
 *
 * Who calls it: the discovery behavior, to decide whether it is one of those who answer a solicitation.
 * In a cold start everybody hears everybody before any mesh has formed: counting only the mesh, all would
 * answer all. Invariant: it holds at most two windows of ids, whoever sends them.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { discoveryLimits } from './limits.ts';

export class Crowd {
  private recent = new Set<NodeId>();
  private before = new Set<NodeId>();
  private windowEndsAt = Number.NEGATIVE_INFINITY;

  heard(id: NodeId, now: number): void {
    this.turn(now);
    if (this.recent.size < discoveryLimits.crowdMax) this.recent.add(id);
  }

  /** Nodes heard of in the last one to two windows. */
  size(now: number): number {
    this.turn(now);
    return Math.max(this.recent.size, this.before.size);
  }

  private turn(now: number): void {
    if (now < this.windowEndsAt) return;
    const longAgo = now >= this.windowEndsAt + discoveryLimits.crowdWindowMs;
    this.before = longAgo ? new Set() : this.recent;
    this.recent = new Set();
    this.windowEndsAt = now + discoveryLimits.crowdWindowMs;
  }
}

/**
 * The share of nodes that answer: all of a few; of more than `solicitLimitNodes` one in `solicitRatio`
 * (meshage); of many more as few as it takes to give each wanted link several offers.
 */
export function answerShare(nodes: number, wants: number): number {
  if (nodes <= discoveryLimits.solicitLimitNodes) return 1;
  return Math.min(
    1 / discoveryLimits.solicitRatio,
    (discoveryLimits.offersPerLink * Math.max(1, wants)) / nodes,
  );
}
