/**
 * A seed is a place to meet and no hub: links that others have opened to it as to their seed are closed again once they
 * have links enough without it.
 *
 * Made by the discovery behavior. It is the seed that closes, one link after the other by its own view, since those who
 * dialed it would each rely on the links that others close. Invariant: a link goes only where its other end has as many
 * links as this node wants itself, and stays within reach without any of those that have just gone.
 */
import type { BehaviorAgent, Neighbor } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { reasonOf } from './dial-reason.ts';
import { discoveryLimits } from './limits.ts';

const never = Number.POSITIVE_INFINITY;

export class Surplus {
  private readonly degree: () => number;
  /** Links that others have opened to this node as to their seed. */
  private readonly seeded = new Set<NodeId>();
  private at = never;

  constructor(degree: () => number) {
    this.degree = degree;
  }

  incomingUp(agent: BehaviorAgent, { id, purpose }: Neighbor): void {
    if (reasonOf(purpose) === 'seed') this.seeded.add(id);
    if (this.at === never) this.lookLater(agent);
  }

  unlinked(node: NodeId): void {
    this.seeded.delete(node);
  }

  nextDeadline(): number {
    return this.at;
  }

  /** Closes some of those that are over. */
  deadline(agent: BehaviorAgent, now: number): void {
    if (now < this.at) return;
    this.lookLater(agent);
    const closed = new Set<NodeId>();
    const isOver = () => closed.size >= discoveryLimits.surplusClosedMax || !this.hasTooMany(agent);
    for (const node of [...this.seeded]) {
      if (isOver()) return;
      if (this.isSurplus(agent, node, closed)) {
        closed.add(node);
        agent.closeNode(node, 'surplus');
      }
    }
  }

  /** Nothing is looked at while there are not too many. */
  private lookLater(agent: BehaviorAgent): void {
    const isNeeded = this.seeded.size > 0 && this.hasTooMany(agent);
    this.at = isNeeded ? agent.now + discoveryLimits.surplusLookMs : never;
  }

  private hasTooMany(agent: BehaviorAgent): boolean {
    const enough = Math.max(discoveryLimits.surplusFromLinks, 2 * this.degree());
    return this.degree() > 0 && agent.neighbors.size > enough;
  }

  private isSurplus(agent: BehaviorAgent, node: NodeId, closed: ReadonlySet<NodeId>): boolean {
    const others = linksOf(agent, node).filter((other) => other !== agent.self.id);
    // It has its links, this one among them, and finds another instead.
    return (
      others.length >= Math.max(1, this.degree() - 1) &&
      isReachedWithout(agent, node, new Set([...closed, node]))
    );
  }
}

/** The other ends of its links, where both ends announce them. */
function linksOf({ directory }: BehaviorAgent, node: NodeId): readonly NodeId[] {
  const links = directory.get(node)?.links ?? [];
  return links.filter((other) => directory.get(other)?.links.includes(node) === true);
}

/** Whether a way leads from it to this node that uses none of this node's links to `without`. */
function isReachedWithout(agent: BehaviorAgent, node: NodeId, without: ReadonlySet<NodeId>): boolean {
  const seen = new Set<NodeId>([node]);
  for (const at of seen) {
    if (agent.neighbors.has(at) && !without.has(at)) return true;
    for (const next of linksOf(agent, at)) if (next !== agent.self.id) seen.add(next);
  }
  return false;
}
