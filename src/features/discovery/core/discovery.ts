/**
 * Discovery: finds other nodes and keeps `degree` links to them.
 *
 * A behavior. It solicits links by datagram while it has too few (datagrams.ts), answers others (answering.ts),
 * dials seeds (seeds.ts) and nodes of the mesh for more links, and heals what is broken (healing.ts).
 * Invariant: it only ever dials addresses that a node said of itself, that its solicitation came from (origin.ts) or
 * that were given by hand, and a degree of 0 never solicits.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DatagramCalls,
  DatagramSeal,
  DiagnosticCalls,
  DownReason,
  Finding,
  KernelEvent,
  LifecycleCalls,
  LinkCalls,
  MeshCalls,
  Neighbor,
  NodeEntry,
  OutgoingError,
  Reply,
  Shape,
  Sighting,
  TimerCalls,
  Verdict,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { Backoff } from '../../../kernel/parts/backoff.ts';
import { Answering, concernsOthers } from './answering.ts';
import { Datagrams } from './datagrams.ts';
import { type DialReason, discoveryFeature, reasonOf } from './dial-reason.ts';
import { type DialOutcome, Dials, pick, targetOf } from './dials.ts';
import { Healing } from './healing.ts';
import { Journal } from './journal.ts';
import { discoveryLimits } from './limits.ts';
import { QuietNodes } from './quiet-nodes.ts';
import { hungUp, Seeds } from './seeds.ts';
import { Surplus } from './surplus.ts';

export { discoveryFeature };

export interface DiscoveryShape extends Shape {
  readonly commands: {
    /** Opens a link to an address, whatever its namespace. */
    dial(address: string): Neighbor;
    hangup(node: string): void;
    'set-degree'(degree: number): void;
  };
}

export interface DiscoveryOptions {
  readonly degree: number;
  readonly seeds: readonly string[];
  /** Datagrams can be sent. */
  readonly solicit: boolean;
  /** For `why`: where solicitations go. */
  readonly broadcastTargets: readonly string[];
  /** Undefined: datagrams are open, as all is without a key. */
  readonly seal?: DatagramSeal;
}

/** Dials that came to nothing without anything being wrong: the link they were for is there. */
const saysNothing = new Set<string>(['SKEIN_NOT_NEEDED', 'SKEIN_ALREADY_CONNECTED', 'SKEIN_CLOSED']);
/** Said by this node itself at the other end of its own dial, or by a node that has a link already. */
const isNoRefusal = new Set<string>(['SKEIN_NOT_NEEDED', 'SKEIN_SELF']);
const never = Number.POSITIVE_INFINITY;
const solicitFirstMs = 1000;
const solicitSoonMs = 50;

export class Discovery implements Behavior<DiscoveryShape> {
  readonly name = discoveryFeature;
  readonly commands: CommandHandlers<DiscoveryShape> = {
    dial: (agent, address, reply) =>
      void this.dials.dial(agent, { node: undefined, addresses: [address], purpose: 'direct', reply }),
    hangup: (agent, node, reply) => this.hangup(agent, node, reply),
    'set-degree': (agent, degree, reply) => {
      this.degree = degree;
      this.backoff.reset();
      this.seekSoon(agent);
      reply.answer();
    },
  };
  readonly lifecycle: LifecycleCalls = { started: (agent) => this.started(agent) };
  readonly timers: TimerCalls = {
    nextDeadline: () => this.nextDeadline(),
    deadline: (agent, now) => this.deadline(agent, now),
  };
  readonly links: LinkCalls = {
    checkIncoming: (agent, neighbor) => this.checkIncoming(agent, neighbor),
    checkOutgoing: (agent, neighbor) => this.checkOutgoing(agent, neighbor),
    incomingUp: (agent, neighbor) => this.incomingUp(agent, neighbor),
    outgoingUp: (agent, neighbor) => this.outgoingUp(agent, neighbor),
    incomingDown: (agent, neighbor, reason) => this.unlinked(agent, neighbor, reason),
    outgoingDown: (agent, neighbor, reason) => this.unlinked(agent, neighbor, reason),
    outgoingError: (agent, error) => this.outgoingError(agent, error),
  };
  readonly mesh: MeshCalls = { event: (agent, event) => this.event(agent, event) };
  readonly datagrams: DatagramCalls = {
    received: (agent, bytes, from) => this.solicitations.arrived(agent, bytes, from),
  };
  readonly diagnostics: DiagnosticCalls = {
    explain: (agent, node) => this.explain(agent, node),
    status: () => this.status(),
  };
  degree: number;
  private readonly options: DiscoveryOptions;
  private readonly dials = new Dials();
  private readonly journal = new Journal();
  private readonly quiet = new QuietNodes();
  private readonly answering = new Answering(this.dials, {
    degree: () => this.degree,
    wanted: (agent) => this.wanted(agent),
    isQuiet: (agent, node) => this.quiet.has(node, agent.now),
  });
  private readonly surplus = new Surplus(() => this.degree);
  private readonly solicitations: Datagrams;
  private readonly healing: Healing;
  private readonly backoff = new Backoff(
    solicitFirstMs,
    solicitFirstMs * 2 ** discoveryLimits.solicitBackoffExponentMax,
  );
  /** Dials that a command waits for: linked, not yet reachable. */
  private unrouted: { readonly reply: Reply<Neighbor>; readonly neighbor: Neighbor }[] = [];
  private seeds: Seeds;
  private broadcastTargets: readonly string[];
  private solicitAt = never;

  constructor(options: DiscoveryOptions) {
    this.options = options;
    this.degree = options.degree;
    this.broadcastTargets = options.broadcastTargets;
    this.seeds = new Seeds(options.seeds, 0);
    this.solicitations = new Datagrams({
      journal: this.journal,
      seal: options.seal,
      heard: (agent, solicitation) => this.answering.heard(agent, solicitation),
    });
    this.healing = new Healing(this.dials, {
      degree: () => this.degree,
      isQuiet: (agent, node) => this.quiet.has(node, agent.now),
      solicit: options.solicit
        ? (agent) => this.solicitations.solicit(agent, Math.max(0, this.wanted(agent)))
        : undefined,
    });
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

  private started(agent: BehaviorAgent): void {
    const { now, random } = agent;
    this.seeds = new Seeds(this.options.seeds, now);
    agent.solicits(() => this.wanted(agent) > 0 && agent.neighbors.size + agent.openingCount <= this.degree);
    this.solicitAt = this.degree > 0 ? now + random.next() * solicitSoonMs : never;
    this.healing.started(agent);
  }

  private nextDeadline(): number {
    return Math.min(
      this.solicitAt,
      this.healing.nextDeadline(),
      this.seeds.nextDeadline(),
      this.dials.nextDeadline(),
      this.answering.nextDeadline(),
      this.surplus.nextDeadline(),
    );
  }

  private deadline(agent: BehaviorAgent, now: number): void {
    this.dials.deadline(agent, now);
    this.answering.deadline(agent, now);
    for (const address of this.seeds.due(now)) {
      this.dials.dial(agent, { node: undefined, addresses: [address], purpose: 'seed', seed: address });
    }
    if (now >= this.solicitAt) this.seekLinks(agent);
    this.healing.deadline(agent, now);
    this.surplus.deadline(agent, now);
  }

  private event(agent: BehaviorAgent, event: KernelEvent): void {
    if (event.type === 'addresses-changed') this.readdressed(agent, event.broadcastTargets);
    else if (event.type === 'sighted') this.sighted(agent, event.sighting);
    else if (event.type === 'node-up') this.nodeUp(agent, event.node.id);
    else if (event.type === 'node-down')
      this.seeds.lost(agent, event.node.id, this.quiet.untilOf(event.node.id));
    else if (event.type === 'refused' && !isNoRefusal.has(event.failure.code))
      this.journal.refused(event.address, event.failure, agent.now);
  }

  /** Another network, perhaps with others in it: what was known of addresses is void, and nothing waits. */
  private readdressed(agent: BehaviorAgent, broadcastTargets: readonly string[]): void {
    this.broadcastTargets = broadcastTargets;
    this.dials.wrongAddresses.clear();
    this.seeds.hurry(agent.now);
    this.backoff.reset();
    if (this.degree === 0 || !this.options.solicit) return;
    const wanted = Math.max(0, this.wanted(agent));
    this.solicitations.solicit(agent, wanted);
    if (wanted > 0) this.solicitAt = agent.now + solicitFirstMs * (1 + agent.random.next());
  }

  private explain(agent: BehaviorAgent, node: string | undefined): Finding[] {
    return this.journal.explain(node, {
      agent,
      degree: this.degree,
      solicits: this.options.solicit,
      broadcastTargets: this.broadcastTargets,
      seeds: this.seeds.all,
      quietForMs: (id) => (this.quiet.untilOf(id) ?? 0) - agent.now,
    });
  }

  status(): Record<string, unknown> {
    return {
      degree: this.degree,
      solicitationsSent: this.journal.solicitationsSent,
      solicitationsHeard: this.journal.solicitationsHeard,
      datagramsUnread: this.journal.unreadableCounts,
      seeds: this.seeds.all.map(({ address, state, lastFailure }) => ({
        address,
        state,
        lastFailure: lastFailure?.message,
      })),
    };
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────────

  /** Direct dials and seeds pass whatever their namespace; what discovery makes by itself stays within one. */
  private checkIncoming(agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    const reason = reasonOf(neighbor.purpose);
    if (isByHand(reason)) return undefined;
    if (neighbor.namespace !== agent.self.namespace) {
      const namespaces = `it is of namespace ${neighbor.namespace}, this node of ${agent.self.namespace}`;
      return failure('SKEIN_REFUSED', namespaces);
    }
    if (this.quiet.has(neighbor.id, agent.now)) return hungUp();
    const enough = reason === 'answer' && this.hasEnough(agent, neighbor.id);
    return enough ? notNeeded(reason) : undefined;
  }

  /** The reason for a dial may be over by the time it has got through. */
  private checkOutgoing(agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    const reason = reasonOf(neighbor.purpose);
    const objection = this.dials.objection(agent, neighbor);
    if (objection !== undefined) return objection;
    // Only now is it known who is behind a seed.
    if (reason === 'seed' && this.quiet.has(neighbor.id, agent.now)) return hungUp();
    if (isByHand(reason)) return undefined;
    return neighbor.namespace === agent.self.namespace && this.isStillNeeded(agent, neighbor)
      ? undefined
      : notNeeded(reason);
  }

  private isStillNeeded(agent: BehaviorAgent, { id, purpose, solicits }: Neighbor): boolean {
    const inMesh = Number.isFinite(agent.routes.distance(id));
    if (reasonOf(purpose) !== 'answer') return this.wanted(agent) > 0 || !inMesh;
    return (solicits && !this.hasFarTooMany(agent)) || (!inMesh && !this.answering.isStarting(agent));
  }

  /**
   * Links that this node asked for have come already; one to another component is worth more than enough,
   * but not while all start at once and whoever dials will find links by itself.
   */
  private hasEnough(agent: BehaviorAgent, node: NodeId): boolean {
    if (this.wanted(agent) > 0) return false;
    const inMesh = Number.isFinite(agent.routes.distance(node));
    return inMesh || this.answering.isStarting(agent) || this.hasFarTooMany(agent);
  }

  /** In a cold start everybody answers everybody before any component is known. */
  private hasFarTooMany(agent: BehaviorAgent): boolean {
    return this.degree > 0 && agent.neighbors.size >= 2 * this.degree;
  }

  private incomingUp(agent: BehaviorAgent, neighbor: Neighbor): undefined {
    if (reasonOf(neighbor.purpose) === 'answer') this.journal.answered();
    this.linked(agent, neighbor);
    this.surplus.incomingUp(agent, neighbor);
  }

  private outgoingUp(agent: BehaviorAgent, neighbor: Neighbor): undefined {
    this.linked(agent, neighbor);
    this.ended(agent, this.dials.linkUp(agent, neighbor), neighbor.id);
  }

  private outgoingError(agent: BehaviorAgent, error: OutgoingError): void {
    if (!saysNothing.has(error.failure.code) || this.dials.isToAnother(error))
      this.journal.dialFailed(error, agent.now);
    this.ended(agent, this.dials.linkFailed(agent, error), error.node);
  }

  private linked(agent: BehaviorAgent, neighbor: Neighbor): void {
    this.answering.linked(agent.now);
    this.dials.linked(neighbor.id);
    this.quiet.linked(neighbor.id);
    this.journal.linked(neighbor, agent.directory.get(neighbor.id)?.addresses ?? []);
    if (this.wanted(agent) > 0) return;
    this.solicitAt = never;
    this.backoff.reset();
  }

  private unlinked(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    this.surplus.unlinked(neighbor.id);
    const closed = failure('SKEIN_UNREACHABLE', `${neighbor.name} closed the link at once (${reason})`);
    for (const { reply } of this.unrouted.filter((waiting) => waiting.neighbor.id === neighbor.id)) {
      reply.fail(closed);
    }
    this.unrouted = this.unrouted.filter((waiting) => waiting.neighbor.id !== neighbor.id);
    this.seekSoon(agent);
    if (reason === 'hangup') this.quiet.add(neighbor.id, agent.now);
    // Closed before its announcement came: of one that never was up nobody will hear that it is down.
    if (agent.directory.get(neighbor.id)?.reachable !== true)
      this.seeds.lost(agent, neighbor.id, this.quiet.untilOf(neighbor.id));
    // Replaced: there the link is another life's now. Which of the two ends it learns when it asks.
    if (reason === 'closed' || reason === 'silent' || reason === 'replaced')
      this.healing.linkBroke(agent, neighbor);
  }

  private ended(agent: BehaviorAgent, outcome: DialOutcome | undefined, node: NodeId | undefined): void {
    if (outcome === undefined) return;
    const { seed, reply } = outcome.target;
    if (outcome.outcome === 'up') {
      if (seed !== undefined) this.seeds.found(seed, outcome.neighbor.id);
      if (reply !== undefined) this.answerOnceRouted(agent, reply, outcome.neighbor);
    } else {
      if (seed !== undefined) this.seeds.failed(agent, seed, outcome.failure, node);
      reply?.fail(outcome.failure);
    }
  }

  /** A link alone is no route yet: the neighbor's announcement comes a moment later. */
  private answerOnceRouted(agent: BehaviorAgent, reply: Reply<Neighbor>, neighbor: Neighbor): void {
    if (Number.isFinite(agent.routes.distance(neighbor.id))) reply.answer(neighbor);
    else this.unrouted.push({ reply, neighbor });
  }

  private nodeUp(agent: BehaviorAgent, node: NodeId): void {
    this.answering.grown(agent.now);
    if (this.wanted(agent) > 0) this.seekAfterGrowth(agent);
    const routed = this.unrouted.filter(({ neighbor }) => neighbor.id === node);
    this.unrouted = this.unrouted.filter(({ neighbor }) => neighbor.id !== node);
    for (const { reply, neighbor } of routed) reply.answer(neighbor);
  }

  private hangup(agent: BehaviorAgent, node: string, reply: Reply<void>): void {
    const id = idOf(node);
    if (!agent.neighbors.has(id)) {
      return reply.fail(failure('SKEIN_NOT_LINKED', `there is no link to ${node}`));
    }
    this.quiet.add(id, agent.now);
    agent.closeNode(id, 'hangup');
    reply.answer();
  }

  // ── looking for links ─────────────────────────────────────────────────────────────────────────────

  /** Links still wanted. */
  private wanted(agent: BehaviorAgent): number {
    return this.degree - agent.neighbors.size;
  }

  private seekSoon(agent: BehaviorAgent): void {
    if (this.wanted(agent) <= 0) {
      this.solicitAt = never;
    } else {
      this.solicitAt = Math.min(this.solicitAt, agent.now + solicitSoonMs * (1 + agent.random.next()));
    }
  }

  /** Somebody to link to, perhaps after minutes alone: no need to wait out a backoff that grew meanwhile. */
  private seekAfterGrowth(agent: BehaviorAgent): void {
    this.backoff.reset();
    this.solicitAt = Math.min(this.solicitAt, agent.now + solicitFirstMs * (1 + agent.random.next()));
  }

  private seekLinks(agent: BehaviorAgent): void {
    const wanted = this.wanted(agent);
    if (wanted <= 0) {
      this.solicitAt = never;
      return;
    }
    this.solicitAt = agent.now + Math.max(solicitSoonMs, this.backoff.spread(agent.random));
    if (this.options.solicit) this.solicitations.solicit(agent, wanted);
    const candidates = [...agent.directory.entries()].filter((entry) => this.isCandidate(agent, entry));
    for (const entry of pick(candidates, wanted, agent)) this.dials.dial(agent, targetOf(entry, 'degree'));
  }

  private isCandidate(agent: BehaviorAgent, entry: NodeEntry): boolean {
    return (
      entry.reachable &&
      entry.id !== agent.self.id &&
      entry.namespace === agent.self.namespace &&
      !agent.neighbors.has(entry.id) &&
      !this.quiet.has(entry.id, agent.now)
    );
  }

  // ── hearing of others ─────────────────────────────────────────────────────────────────────────────

  /** Seen on this machine without any datagram. */
  private sighted(agent: BehaviorAgent, sighting: Sighting): void {
    if (!concernsOthers(agent, idOf(sighting.name), sighting.instance)) return;
    this.journal.sighted(sighting, agent.now);
    this.answering.sighted(agent, sighting);
  }
}

function notNeeded(reason: DialReason): Failure {
  return failure('SKEIN_NOT_NEEDED', `the reason for this dial (${reason}) is over`);
}

function isByHand(reason: DialReason): boolean {
  return reason === 'direct' || reason === 'seed';
}
