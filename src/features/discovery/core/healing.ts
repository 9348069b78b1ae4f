/**
 * Healing: broken links are dialed again, nodes out of reach are looked for, and islands hear of each other.
 *
 * Made by the discovery behavior, which tells it of broken links and asks for its deadline. Three means, from
 * quick to slow: a redial of the node whose link broke, a reunion with known nodes out of reach, and a beacon
 * for islands that know nothing of each other. Invariant: it only dials what the directory has as out of reach,
 * never a node that left or was hung up by hand; nobody has to agree on who does it.
 */
import type { BehaviorAgent, Neighbor } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { type Dials, pick, type Target, targetOf } from './dials.ts';
import { discoveryLimits } from './limits.ts';

export interface HealingPorts {
  readonly degree: () => number;
  /** Hung up by hand a moment ago. */
  readonly isQuiet: (agent: BehaviorAgent, node: NodeId) => boolean;
  /** Sends a solicitation now; undefined where no datagrams can be sent. */
  readonly solicit: ((agent: BehaviorAgent) => void) | undefined;
}

const never = Number.POSITIVE_INFINITY;

export class Healing {
  private readonly dials: Dials;
  private readonly ports: HealingPorts;
  private beaconAt = never;
  private reuniteAt = never;

  constructor(dials: Dials, ports: HealingPorts) {
    this.dials = dials;
    this.ports = ports;
  }

  started({ now, random }: BehaviorAgent): void {
    this.beaconAt = now + discoveryLimits.beaconIntervalMs * (0.5 + random.next() / 2);
    this.reuniteAt = now + discoveryLimits.reuniteIntervalMs * random.next();
  }

  nextDeadline(): number {
    return Math.min(this.beaconAt, this.reuniteAt);
  }

  deadline(agent: BehaviorAgent, now: number): void {
    if (now >= this.beaconAt) this.beacon(agent);
    if (now >= this.reuniteAt) this.reunite(agent);
  }

  /** Perhaps only the connection broke: ask, soon and once more, whether the node is still there. */
  linkBroke(agent: BehaviorAgent, neighbor: Neighbor): void {
    this.redial(agent, neighbor, discoveryLimits.redialWaitsMs);
  }

  private redial(agent: BehaviorAgent, neighbor: Neighbor, [waitMs, ...rest]: readonly number[]): void {
    if (waitMs === undefined) return;
    const isAgain = rest.length < discoveryLimits.redialWaitsMs.length - 1;
    const at = agent.now + waitMs * (1 + agent.random.next());
    this.dials.later(at, neighbor.id, neighbor.instance, () => {
      const target = this.reunion(agent, neighbor.id);
      if (target === undefined) return undefined;
      this.redial(agent, neighbor, rest);
      return { ...target, isAgain };
    });
  }

  /** Satisfied islands never solicit: the lowest id of each says now and then that it is there. */
  private beacon(agent: BehaviorAgent): void {
    this.beaconAt = agent.now + discoveryLimits.beaconIntervalMs;
    const { degree, solicit } = this.ports;
    if (solicit === undefined || degree() === 0) return;
    for (const id of agent.routes.reachable()) if (id < agent.self.id) return;
    solicit(agent);
  }

  /**
   * Known nodes out of reach are tried about once per interval by their whole former component: each
   * member draws with one over its size, so that nobody has to agree on who does it.
   */
  private reunite(agent: BehaviorAgent): void {
    this.reuniteAt = agent.now + discoveryLimits.reuniteIntervalMs * (0.75 + agent.random.next() / 2);
    if (this.ports.degree() === 0) return;
    const share = 1 / (agent.routes.reachableCount + 1);
    const lost = [...agent.directory.unreachable()].filter(
      (entry) => !entry.left && entry.id !== agent.self.id,
    );
    const drawn = lost.filter((entry) => agent.random.next() < share * freshness(agent.now - entry.since));
    for (const entry of pick(drawn, discoveryLimits.reuniteDialsPerRoundMax, agent)) {
      const target = this.reunion(agent, entry.id);
      if (target !== undefined) this.dials.dial(agent, target);
    }
  }

  private reunion(agent: BehaviorAgent, node: NodeId): Target | undefined {
    const entry = agent.directory.get(node);
    if (entry === undefined || entry.reachable || entry.left || agent.neighbors.has(node)) return undefined;
    if (entry.namespace !== agent.self.namespace || this.ports.isQuiet(agent, node)) return undefined;
    return targetOf(entry, 'reunite');
  }
}

/** The longer a node has been gone, the less often it is tried. */
function freshness(goneForMs: number): number {
  if (goneForMs < discoveryLimits.reuniteFreshMs) return 1;
  return goneForMs < discoveryLimits.reuniteFreshMs * 10 ? 1 / 4 : 1 / 16;
}
