/**
 * One name, one living node: who else uses a name is probed, and of two living ones one leaves.
 *
 * Who calls it: the topology behavior. A probe is a routed message to the id itself: the other life, if it
 * lives, weighs the claim in it against its own (`claims.ts`) and says whether it stays, to the node through
 * which it was asked. Invariant: nobody takes a name over while its owner answers that it stays; nobody leaves
 * but for one that has said so; nobody outbids more than once in `outbidIntervalMs`. Compared are uptimes
 * (durations, so clocks need not agree), not epochs: both lives may well stand at epoch 1.
 */
import type { BehaviorAgent, LinkId, Neighbor, Verdict } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import type { Announcement } from '../../../kernel/routing/announcement.ts';
import { islandNodes, isSettled } from '../../../kernel/routing/island.ts';
import { type Claim, isBetter, Promises, sameIsland } from './claims.ts';
import { topologyLimits } from './limits.ts';
import { encodeProbe, encodeProbeReply, type Probe, type ProbeReply, TopologyType } from './messages.ts';

/** A handshake held until the known life of the newcomer's name has answered, or has not. */
interface HeldCheck {
  readonly newcomer: Neighbor;
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
}

export class NameWatch {
  private readonly ports: NameWatchPorts;
  private readonly held = new Map<number, HeldCheck>();
  private contest: Contest | undefined;
  private outbidAt = Number.NEGATIVE_INFINITY;
  /** An outbid that came too soon after the last one. */
  private postponed: { readonly epoch: number; readonly at: number } | undefined;
  private readonly promises = new Promises();
  /** Another stays: this node ends then. */
  private leaveAt = Number.POSITIVE_INFINITY;
  private hasEnded = false;

  constructor(ports: NameWatchPorts) {
    this.ports = ports;
  }

  // ── a newcomer has the name of a node we know as living ───────────────────────────────────────────

  /** @param link To the life that is asked, where there is one; else it is asked by route. */
  hold(agent: BehaviorAgent, neighbor: Neighbor, link?: LinkId): void {
    const nonce = newNonce(agent);
    this.held.set(nonce, { newcomer: neighbor, until: agent.now + topologyLimits.nameProbeMs });
    const { instance, uptimeMs, islandNodes } = neighbor;
    const claim = { instance, uptimeMs, islandNodes };
    const probe = encodeProbe({ nonce, via: agent.self.id, claim, stays: false });
    const options = { type: TopologyType.probe, urgent: true };
    if (link === undefined) agent.send({ to: 'node', node: neighbor.id }, probe, options);
    else agent.sendVia(link, neighbor.id, probe, options);
  }

  // ── our own name, with another instance ───────────────────────────────────────────────────────────

  /** @param from The neighbor that showed us the other life's record. */
  contested(agent: BehaviorAgent, from: LinkId, { epoch, instance, links }: Rival, gone: boolean): void {
    if (this.isLeaving) return;
    if (gone) return this.takeOver(agent, epoch);
    if (this.contest !== undefined) return;
    const via = [...agent.neighbors.values()].find((neighbor) => neighbor.link === from)?.id;
    if (via === undefined) return;
    const nonce = newNonce(agent);
    this.contest = { nonce, epoch, until: agent.now + topologyLimits.nameProbeMs };
    // Who is linked to nodes of our own island alone did not bring another with it.
    const isFromHere =
      links.length > 0 && links.every((node) => isSettled(agent.directory.get(node), agent.now));
    const claim = { ...claimOf(agent), ...(isFromHere ? { islandNodes: sameIsland } : {}) };
    const stays = this.promises.isMadeTo(instance, agent.now);
    const probe = encodeProbe({ nonce, via, claim, stays });
    agent.sendVia(from, agent.self.id, probe, { type: TopologyType.probe, urgent: true });
  }

  /**
   * Another node of our name stands at the other end of a handshake. The listener weighs the two and refuses
   * if it stays; if not it accepts, and the dialer, which so knows that it stays, refuses.
   */
  meets(agent: BehaviorAgent, namesake: Neighbor): Verdict {
    if (this.isLeaving) return undefined;
    const mayStay = namesake.direction === 'outgoing' || isBetter(claimOf(agent), namesake);
    if (!mayStay && !this.promises.isMadeTo(namesake.instance, agent.now)) return undefined;
    this.promises.make(namesake.instance, agent.now);
    return nameTaken(agent.self.name);
  }

  /** Another life of our name has told us itself that it stays. */
  rivalStays(agent: BehaviorAgent, instance: Instance): void {
    // Both have said so: then of the two the lesser instance stays.
    if (this.promises.isMadeTo(instance, agent.now) && agent.self.instance < instance) return;
    this.leave(agent);
  }

  /** Some node has refused us, since a life of our name has told it that it stays. */
  turnedAway(agent: BehaviorAgent): void {
    if (!this.promises.isMadeToGreater(agent.self.instance, agent.now)) this.leave(agent);
  }

  probed(agent: BehaviorAgent, probe: Probe): void {
    const { claim, nonce } = probe;
    if (claim.instance === agent.self.instance) return;
    const stays = this.staysAgainst(agent, probe);
    if (stays) this.promises.make(claim.instance, agent.now);
    else if (probe.stays) this.leave(agent);
    const { instance } = agent.self;
    const reply = encodeProbeReply({ nonce, prober: claim.instance, instance, stays });
    const options = { type: TopologyType.probeReply, urgent: true };
    // Who has just got its first link is asked over it before it knows any route.
    const asker = agent.neighbors.get(probe.via);
    if (asker === undefined) agent.send({ to: 'node', node: probe.via }, reply, options);
    else agent.sendVia(asker.link, asker.id, reply, options);
  }

  /** A reply for a check of ours, or for a neighbor that asked through us. */
  replied(agent: BehaviorAgent, from: NodeId, reply: ProbeReply, bytes: Uint8Array): void {
    const check = this.held.get(reply.nonce);
    if (check !== undefined) {
      this.held.delete(reply.nonce);
      const verdict = reply.stays ? nameTaken(check.newcomer.name) : undefined;
      return agent.resolveCheck(check.newcomer.link, verdict);
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
    if (reply.stays) this.rivalStays(agent, reply.instance);
    if (this.isLeaving) return;
    this.promises.make(reply.instance, agent.now);
    this.takeOver(agent, epoch);
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

  private staysAgainst(agent: BehaviorAgent, { claim, stays }: Probe): boolean {
    if (this.isLeaving) return false;
    if (this.promises.isMadeTo(claim.instance, agent.now))
      return !stays || agent.self.instance < claim.instance;
    return !stays && isBetter(claimOf(agent), claim);
  }

  private get isLeaving(): boolean {
    return this.hasEnded || Number.isFinite(this.leaveAt);
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
    this.hasEnded = true;
    this.ports.giveWay();
    agent.fail(nameTaken(agent.self.name));
  }
}

type Rival = Pick<Announcement, 'epoch' | 'instance' | 'links'>;

function claimOf({ self, now, directory }: BehaviorAgent): Claim {
  return {
    instance: self.instance,
    uptimeMs: Math.round(now - self.startedAt),
    islandNodes: islandNodes(directory, self.id, now),
  };
}

function nameTaken(name: string): Failure {
  return failure('SKEIN_NAME_TAKEN', `a living node is called ${name} already`);
}

function newNonce(agent: BehaviorAgent): number {
  return Math.floor(agent.random.next() * 2 ** 48);
}
