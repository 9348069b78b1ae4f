/**
 * One name, one living node: who else uses a name is probed, and the younger of two living ones leaves.
 *
 * Who calls it: the topology behavior. A probe is a routed message to the id itself: the old life, if it
 * lives, answers to the node through which it was asked. Invariant: nobody takes a name over while its
 * owner answers; nobody outbids more than once in `outbidIntervalMs`. Compared are uptimes (durations,
 * so clocks need not agree), not epochs: both lives may well stand at epoch 1.
 */
import type { BehaviorAgent, LinkId, Neighbor } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { topologyLimits } from './limits.ts';
import { encodeProbe, encodeProbeReply, type Probe, type ProbeReply, TopologyType } from './messages.ts';

/** A handshake held until the known life of the newcomer's name has answered, or has not. */
interface HeldCheck {
  readonly newcomer: Neighbor;
  readonly since: number;
  readonly until: number;
}

/** Our own name, seen with another instance. */
interface Contest {
  readonly nonce: number;
  readonly epoch: number;
  readonly until: number;
}

export interface NameWatchPorts {
  /** Take the name over from a life that stood at this epoch. */
  readonly outbid: (epoch: number) => void;
  /** The name is another's: nothing more may be said under it. */
  readonly giveWay: () => void;
  readonly uptimeMs: () => number;
}

export class NameWatch {
  private readonly ports: NameWatchPorts;
  private readonly held = new Map<number, HeldCheck>();
  private contest: Contest | undefined;
  private outbidAt = Number.NEGATIVE_INFINITY;
  /** An outbid that came too soon after the last one. */
  private postponed: { readonly epoch: number; readonly at: number } | undefined;
  /** Who else has answered under our name, and how often we have stayed all the same. */
  private rival: { readonly instance: Instance; readonly times: number } | undefined;
  /** This node is the younger: it ends then. */
  private leaveAt = Number.POSITIVE_INFINITY;

  constructor(ports: NameWatchPorts) {
    this.ports = ports;
  }

  // ── a newcomer has the name of a node we know as living ───────────────────────────────────────────

  /** @param link To the life that is asked, where there is one; else it is asked by route. */
  hold(agent: BehaviorAgent, neighbor: Neighbor, link?: LinkId): void {
    const nonce = newNonce(agent);
    this.held.set(nonce, {
      newcomer: neighbor,
      since: agent.now,
      until: agent.now + topologyLimits.nameProbeMs,
    });
    const probe = encodeProbe({ nonce, via: agent.self.id, prober: neighbor.instance });
    const options = { type: TopologyType.probe, urgent: true };
    if (link === undefined) agent.send({ to: 'node', node: neighbor.id }, probe, options);
    else agent.sendVia(link, neighbor.id, probe, options);
  }

  // ── our own name, with another instance ───────────────────────────────────────────────────────────

  /** @param from The neighbor that showed us the other life's record. */
  contested(agent: BehaviorAgent, from: LinkId, epoch: number, gone: boolean): void {
    if (this.isLeaving) return;
    if (gone) return this.takeOver(agent, epoch);
    if (this.contest !== undefined) return;
    const via = [...agent.neighbors.values()].find((neighbor) => neighbor.link === from)?.id;
    if (via === undefined) return;
    this.contest = { nonce: newNonce(agent), epoch, until: agent.now + topologyLimits.nameProbeMs };
    const probe = encodeProbe({ nonce: this.contest.nonce, via, prober: agent.self.instance });
    agent.sendVia(from, agent.self.id, probe, { type: TopologyType.probe, urgent: true });
  }

  /** Another node of our name stands at the other end of a handshake, so it surely lives. */
  namesake(agent: BehaviorAgent, instance: Instance, uptimeMs: number): void {
    if (this.isYounger(agent, instance, uptimeMs)) this.leave(agent);
  }

  probed(agent: BehaviorAgent, probe: Probe): void {
    if (probe.prober === agent.self.instance) return;
    const reply = encodeProbeReply({
      nonce: probe.nonce,
      prober: probe.prober,
      instance: agent.self.instance,
      uptimeMs: Math.round(this.ports.uptimeMs()),
    });
    agent.send({ to: 'node', node: probe.via }, reply, { type: TopologyType.probeReply, urgent: true });
  }

  /** A reply for a check of ours, or for a neighbor that asked through us. */
  replied(agent: BehaviorAgent, from: NodeId, reply: ProbeReply, bytes: Uint8Array): void {
    const check = this.held.get(reply.nonce);
    if (check !== undefined) {
      this.held.delete(reply.nonce);
      return agent.resolveCheck(check.newcomer.link, this.verdictOn(agent, check, reply));
    }
    const neighbor = agent.neighbors.get(from);
    if (neighbor?.instance === reply.prober) {
      agent.sendOnLink(neighbor.link, bytes.slice(), { type: TopologyType.probeReply, urgent: true });
    }
  }

  /** The other life of our name has answered. */
  answered(agent: BehaviorAgent, reply: ProbeReply): void {
    if (this.contest?.nonce !== reply.nonce) return;
    const { epoch } = this.contest;
    this.contest = undefined;
    if (this.losesTo(agent, reply)) this.leave(agent);
    else this.takeOver(agent, epoch);
  }

  /**
   * Both read the ages with an error of some milliseconds: where the difference is just at the limit, each
   * may think that the other leaves. There the instance alone decides after a few rounds. Elsewhere rounds
   * prove nothing: on fast links several pass while the younger is still saying goodbye.
   */
  private losesTo(agent: BehaviorAgent, { instance, uptimeMs }: ProbeReply): boolean {
    const times = this.rival?.instance === instance ? this.rival.times + 1 : 1;
    this.rival = { instance, times };
    const isNearLimit = Math.abs(this.ports.uptimeMs() - uptimeMs) <= 2 * topologyLimits.nameProbeMs;
    if (times > topologyLimits.nameContestsMax && isNearLimit) return agent.self.instance < instance;
    return this.isYounger(agent, instance, uptimeMs);
  }

  /** The known life has gone out of reach while a newcomer of its name waited: nobody will answer. */
  gone(agent: BehaviorAgent, name: string): void {
    for (const [nonce, check] of [...this.held]) {
      if (check.newcomer.name !== name) continue;
      this.held.delete(nonce);
      agent.resolveCheck(check.newcomer.link, undefined);
    }
  }

  nextDeadline(): number {
    let next = Math.min(
      this.leaveAt,
      this.contest?.until ?? Number.POSITIVE_INFINITY,
      this.postponed?.at ?? Number.POSITIVE_INFINITY,
    );
    for (const check of this.held.values()) next = Math.min(next, check.until);
    return next;
  }

  deadline(agent: BehaviorAgent, now: number): void {
    for (const [nonce, check] of [...this.held]) {
      if (now < check.until) continue;
      this.held.delete(nonce);
      agent.resolveCheck(check.newcomer.link, undefined);
    }
    if (now >= this.leaveAt) return this.end(agent);
    if (this.contest !== undefined && now >= this.contest.until) {
      const { epoch } = this.contest;
      this.contest = undefined;
      this.takeOver(agent, epoch);
    }
    if (this.postponed !== undefined && now >= this.postponed.at) this.takeOver(agent, this.postponed.epoch);
  }

  private takeOver(agent: BehaviorAgent, epoch: number): void {
    if (epoch >= limits.recordVersionMax) {
      return agent.fail(
        failure('SKEIN_NAME_TAKEN', `the name ${agent.self.name} has no epochs left: choose another`),
      );
    }
    const at = this.outbidAt + topologyLimits.outbidIntervalMs;
    if (agent.now < at) {
      this.postponed = { epoch, at };
      return;
    }
    this.postponed = undefined;
    this.outbidAt = agent.now;
    this.ports.outbid(epoch);
  }

  /** An older one that was cut off comes back: it is let in, and the two settle it between them. */
  private verdictOn(
    agent: BehaviorAgent,
    { newcomer, since }: HeldCheck,
    known: ProbeReply,
  ): Failure | undefined {
    const uptimeMs = newcomer.uptimeMs + (agent.now - since);
    if (isYounger(known, { instance: newcomer.instance, uptimeMs })) return undefined;
    return failure('SKEIN_NAME_TAKEN', `a living node is called ${newcomer.name} already`);
  }

  private isYounger(agent: BehaviorAgent, instance: Instance, uptimeMs: number): boolean {
    return isYounger(
      { instance: agent.self.instance, uptimeMs: this.ports.uptimeMs() },
      { instance, uptimeMs },
    );
  }

  private get isLeaving(): boolean {
    return Number.isFinite(this.leaveAt);
  }

  /**
   * Not at once where it has neighbors: its record is the newest of the name, and whoever is linked to the
   * other life would be without any until that one has outbid it.
   */
  private leave(agent: BehaviorAgent): void {
    if (agent.neighbors.size === 0) return this.end(agent);
    [this.contest, this.postponed] = [undefined, undefined];
    this.leaveAt = Math.min(this.leaveAt, agent.now + topologyLimits.giveWayMs);
  }

  private end(agent: BehaviorAgent): void {
    this.leaveAt = Number.POSITIVE_INFINITY;
    this.ports.giveWay();
    agent.fail(failure('SKEIN_NAME_TAKEN', `a living node is called ${agent.self.name} already`));
  }
}

/** Uptimes are read at slightly different moments: close to each other, the instance decides. */
function isYounger(one: Life, other: Life): boolean {
  const difference = one.uptimeMs - other.uptimeMs;
  return Math.abs(difference) > topologyLimits.nameProbeMs ? difference < 0 : one.instance < other.instance;
}

type Life = Pick<ProbeReply, 'instance' | 'uptimeMs'>;

function newNonce(agent: BehaviorAgent): number {
  return Math.floor(agent.random.next() * 2 ** 48);
}
