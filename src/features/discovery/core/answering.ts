/**
 * Who of all that hear of a node dials it, and when.
 *
 * Made by the discovery behavior, which tells it what was heard and what has become of the links.
 * Each draws for itself whether it is one of those who answer; who is not stands in reserve. Invariant: it
 * only schedules dials of addresses that the node said of itself, each after a jitter, and whether the dial
 * is still needed is decided when its time has come.
 */
import type { BehaviorAgent, Sighting } from '../../../kernel/contracts.ts';
import { type Instance, idOf, type NodeId } from '../../../kernel/identity.ts';
import { answerShare, Crowd } from './crowd.ts';
import type { Dials, Target } from './dials.ts';
import { discoveryLimits } from './limits.ts';
import { type Heard, Reserve } from './reserve.ts';
import type { Solicitation } from './solicitation.ts';
import { Unanswered } from './unanswered.ts';

export interface AnsweringPorts {
  readonly degree: () => number;
  /** Links still wanted. */
  readonly wanted: (agent: BehaviorAgent) => number;
  /** Hung up by hand a moment ago. */
  readonly isQuiet: (agent: BehaviorAgent, node: NodeId) => boolean;
}

export class Answering {
  private readonly dials: Dials;
  private readonly ports: AnsweringPorts;
  private readonly crowd = new Crowd();
  private readonly unanswered = new Unanswered();
  private readonly reserve = new Reserve();
  private linkedAt = Number.NEGATIVE_INFINITY;
  private grownAt = Number.NEGATIVE_INFINITY;

  constructor(dials: Dials, ports: AnsweringPorts) {
    this.dials = dials;
    this.ports = ports;
  }

  /** A link has come. */
  linked(now: number): void {
    this.linkedAt = now;
  }

  /** A node has come within reach. */
  grown(now: number): void {
    this.grownAt = now;
  }

  /** Links have just come: perhaps many nodes start at once. */
  isStarting(agent: BehaviorAgent): boolean {
    return agent.now - this.linkedAt < discoveryLimits.startingMs;
  }

  heard(agent: BehaviorAgent, heard: Solicitation): void {
    const id = idOf(heard.name);
    if (heard.namespace !== agent.self.namespace || this.ports.isQuiet(agent, id)) return;
    if (id === agent.self.id) return this.namesakeHeard(agent, heard);
    this.crowd.heard(id, agent.now);
    if (isOutside(agent, id)) return this.outsiderHeard(agent, { solicitation: heard, at: agent.now });
    this.unanswered.joined(id);
    if (heard.wants > 0 && this.isDrawn(agent, heard, 1)) this.answerSoon(agent, heard);
  }

  nextDeadline(): number {
    return this.reserve.nextDeadline();
  }

  /** What was left to others comes up again: as though it had been sent once more, to nodes at rest. */
  deadline(agent: BehaviorAgent, now: number): void {
    for (const heard of this.reserve.due(now)) {
      const id = idOf(heard.solicitation.name);
      if (!isOutside(agent, id) || this.ports.isQuiet(agent, id)) continue;
      if (this.isStarting(agent)) this.reserve.leave(heard, now);
      else this.outsiderHeard(agent, heard);
    }
  }

  private outsiderHeard(agent: BehaviorAgent, heard: Heard): void {
    const { solicitation } = heard;
    const growth = this.unanswered.heard(idOf(solicitation.name), agent.now);
    if (this.isDrawn(agent, solicitation, growth)) this.answerSoon(agent, solicitation);
    else this.reserve.leave(heard, agent.now);
  }

  /** This node is one of those who answer. */
  private isDrawn(agent: BehaviorAgent, { wants }: Solicitation, growth: number): boolean {
    const nodes = Math.max(agent.routes.reachableCount + 1, this.crowd.size(agent.now));
    return agent.random.next() < growth * answerShare(nodes, wants);
  }

  private answerSoon(agent: BehaviorAgent, heard: Solicitation): void {
    const heardAt = agent.now;
    const answer = () => this.answer(agent, heard, heardAt);
    this.dials.later(this.soon(agent), idOf(heard.name), heard.instance, answer);
  }

  /** Another life of this node's own name: the handshake decides which of the two stays. */
  private namesakeHeard(agent: BehaviorAgent, { instance, addresses }: Solicitation): void {
    const target: Target = { node: agent.self.id, instance, addresses, purpose: 'answer' };
    this.dials.later(this.soon(agent), agent.self.id, instance, () => target);
  }

  /** Whether and why the wait made the dial needless is seen only now. */
  private answer(agent: BehaviorAgent, heard: Solicitation, heardAt: number): Target | undefined {
    const id = idOf(heard.name);
    if (isLinkedTo(agent, id, heard.instance)) return undefined;
    // Who got enough links just now is in a start of many: it only offers a way between two components.
    const bridge = heard.wants === 0 || (this.ports.wanted(agent) <= 0 && this.isStarting(agent));
    if (bridge && Number.isFinite(agent.routes.distance(id))) return undefined;
    if (bridge && this.isGrowing(agent)) return this.answerLater(agent, heard, heardAt);
    return {
      node: id,
      instance: heard.instance,
      addresses: heard.addresses,
      purpose: bridge ? 'reunite' : 'answer',
    };
  }

  /** While components merge by the dozen, most ways between them are there before the dial is through. */
  private answerLater(agent: BehaviorAgent, heard: Solicitation, heardAt: number): undefined {
    if (agent.now - heardAt > discoveryLimits.startingMs) return;
    const at = agent.now + discoveryLimits.answerJitterMs * (1 + agent.random.next());
    this.dials.later(at, idOf(heard.name), heard.instance, () => this.answer(agent, heard, heardAt));
  }

  /** Seen on this machine without any datagram: whoever needs a link dials. */
  sighted(agent: BehaviorAgent, { name, instance, namespace, addresses }: Sighting): void {
    const id = idOf(name);
    if (namespace !== agent.self.namespace || id === agent.self.id) return;
    if (this.ports.degree() === 0 || this.ports.isQuiet(agent, id)) return;
    this.dials.later(this.soon(agent), id, instance, () => {
      if (isLinkedTo(agent, id, instance)) return undefined;
      if (!Number.isFinite(agent.routes.distance(id)))
        return { node: id, instance, addresses, purpose: 'reunite' };
      return this.ports.wanted(agent) > 0 ? { node: id, instance, addresses, purpose: 'degree' } : undefined;
    });
  }

  private isGrowing(agent: BehaviorAgent): boolean {
    return agent.now - this.grownAt < discoveryLimits.answerJitterMs;
  }

  private soon(agent: BehaviorAgent): number {
    return agent.now + agent.random.next() * discoveryLimits.answerJitterMs;
  }
}

/** Neither this node itself nor a life of a node that it is linked to. */
export function concernsOthers(agent: BehaviorAgent, node: NodeId, instance: Instance): boolean {
  return instance !== agent.self.instance && !isLinkedTo(agent, node, instance);
}

function isOutside(agent: BehaviorAgent, node: NodeId): boolean {
  return !Number.isFinite(agent.routes.distance(node));
}

/** To this very life of it: a link to an earlier one says nothing. */
function isLinkedTo(agent: BehaviorAgent, node: NodeId, instance: Instance): boolean {
  return agent.neighbors.get(node)?.instance === instance;
}
