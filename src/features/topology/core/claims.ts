/**
 * What two living nodes of one name hold against each other, and who of them stays.
 *
 * Who calls it: the name watch. Of two claims one is the better, whoever compares them: the larger island,
 * then the longer life, then the lesser instance. Both read ages and sizes at different moments, so that each
 * might find the other's claim the worse (or the better) one. Invariant: a node ends only for one that has
 * told it that it stays, and whoever has told that takes it back for nothing but the same word of a lesser
 * instance: so of two at least one stays, and both do only until they have heard of each other.
 */
import type { Instance } from '../../../kernel/identity.ts';
import { topologyLimits } from './limits.ts';

export interface Claim {
  readonly instance: Instance;
  readonly uptimeMs: number;
  /** Nodes that it reached before the two met, itself among them; `sameIsland`: they were in one all along. */
  readonly islandNodes: number;
}

/** Instead of a size, where there are no two islands to compare. */
export const sameIsland = 0;

/** Never true of both orders; true of one of them. */
export function isBetter(one: Claim, other: Claim): boolean {
  const isSized = one.islandNodes !== sameIsland && other.islandNodes !== sameIsland;
  if (isSized && one.islandNodes !== other.islandNodes) return one.islandNodes > other.islandNodes;
  if (one.uptimeMs !== other.uptimeMs) return one.uptimeMs > other.uptimeMs;
  return one.instance < other.instance;
}

/** To whom this node has said that it stays. */
export class Promises {
  private readonly madeAt = new Map<Instance, number>();

  make(to: Instance, now: number): void {
    this.madeAt.delete(to);
    if (this.madeAt.size >= topologyLimits.namePromisesMax)
      this.madeAt.delete(this.madeAt.keys().next().value as Instance);
    this.madeAt.set(to, now);
  }

  isMadeTo(instance: Instance, now: number): boolean {
    const at = this.madeAt.get(instance);
    return at !== undefined && now - at < topologyLimits.namePromiseKeptMs;
  }

  /** To one that must end for this node, should it have promised the same. */
  isMadeToGreater(self: Instance, now: number): boolean {
    return [...this.madeAt.keys()].some((instance) => self < instance && this.isMadeTo(instance, now));
  }
}
