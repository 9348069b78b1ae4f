/**
 * Discovery: finds other nodes and keeps `degree` links to them.
 *
 * A behavior. It solicits links by datagram while it has too few, answers others, dials seeds, and dials
 * what it already knows: nodes of the mesh for more links, nodes out of reach to heal a partition.
 * Invariant: it only ever dials addresses that a node said of itself or that were given by hand, and a
 * degree of 0 never solicits.
 */
import type {
  Behavior,
  BehaviorAgent,
  DatagramSeal,
  DialPurpose,
  DownReason,
  Finding,
  KernelEvent,
  Neighbor,
  NodeEntry,
  OutgoingError,
  Sighting,
  Verdict,
} from '../../contracts.ts';
import { type Failure, failure } from '../../errors.ts';
import { idOf, type NodeId } from '../../identity.ts';
import { limits } from '../../limits.ts';
import { Backoff } from '../../parts/backoff.ts';
import { TokenBucket } from '../../parts/token-bucket.ts';
import { Answering, concernsOthers } from './answering.ts';
import { type DialOutcome, Dials, type Target } from './dials.ts';
import { Journal } from './journal.ts';
import { hungUp, Seeds } from './seeds.ts';
import { decodeSolicitation, encodeSolicitation, isSealed, isSolicitation } from './solicitation.ts';

export const discoveryFeature = 'discovery';

export type DiscoveryCommand =
  /** Answers with the `Neighbor`. */
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'hangup'; readonly node: string }
  | { readonly type: 'set-degree'; readonly degree: number };

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
const saysNothing = new Set<string>(['SKEIN_NOT_NEEDED', 'SKEIN_ALREADY_CONNECTED']);
const never = Number.POSITIVE_INFINITY;
const solicitFirstMs = 1000;
const solicitSoonMs = 50;

export class Discovery implements Behavior<DiscoveryCommand> {
  readonly name = discoveryFeature;
  degree: number;
  private readonly options: DiscoveryOptions;
  private readonly dials = new Dials();
  private readonly journal = new Journal();
  private readonly answering = new Answering(this.dials, {
    degree: () => this.degree,
    wanted: (agent) => this.wanted(agent),
    isQuiet: (agent, node) => this.isQuiet(agent, node),
  });
  private readonly backoff = new Backoff(
    solicitFirstMs,
    solicitFirstMs * 2 ** limits.solicitBackoffExponentMax,
  );
  /** Links hung up by hand are left alone until then. */
  private readonly quietUntil = new Map<NodeId, number>();
  /** Dials that a command waits for: linked, not yet reachable. */
  private unrouted: { readonly token: number; readonly neighbor: Neighbor }[] = [];
  private readonly datagrams = new TokenBucket(limits.datagramsPerSecond, limits.datagramsBurst, 0);
  private seeds: Seeds;
  private solicitAt = never;
  private beaconAt = never;
  private reuniteAt = never;

  constructor(options: DiscoveryOptions) {
    this.options = options;
    this.degree = options.degree;
    this.seeds = new Seeds(options.seeds, 0);
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

  started(agent: BehaviorAgent): void {
    const { now, random } = agent;
    this.seeds = new Seeds(this.options.seeds, now);
    agent.solicits(() => this.wanted(agent) > 0 && agent.neighbors.size + agent.openingCount <= this.degree);
    this.solicitAt = this.degree > 0 ? now + random.next() * solicitSoonMs : never;
    this.beaconAt = now + limits.beaconIntervalMs * (0.5 + random.next() / 2);
    this.reuniteAt = now + limits.reuniteIntervalMs * random.next();
  }

  nextDeadline(): number {
    return Math.min(
      this.solicitAt,
      this.beaconAt,
      this.reuniteAt,
      this.seeds.nextDeadline(),
      this.dials.nextDeadline(),
      this.answering.nextDeadline(),
    );
  }

  deadline(agent: BehaviorAgent, now: number): void {
    this.dials.deadline(agent, now);
    this.answering.deadline(agent, now);
    for (const address of this.seeds.due(now)) {
      this.dials.dial(agent, { node: undefined, addresses: [address], purpose: 'seed', seed: address });
    }
    if (now >= this.solicitAt) this.seekLinks(agent);
    if (now >= this.beaconAt) this.beacon(agent);
    if (now >= this.reuniteAt) this.reunite(agent);
  }

  command(agent: BehaviorAgent, command: DiscoveryCommand, token: number): void {
    switch (command.type) {
      case 'dial':
        this.dials.dial(agent, { node: undefined, addresses: [command.address], purpose: 'direct', token });
        return;
      case 'hangup':
        return this.hangup(agent, command.node, token);
      case 'set-degree':
        this.degree = command.degree;
        this.backoff.reset();
        this.seekSoon(agent);
        return agent.answer(token, undefined);
    }
  }

  event(agent: BehaviorAgent, event: KernelEvent): void {
    if (event.type === 'sighted') this.sighted(agent, event.sighting);
    else if (event.type === 'node-up') this.nodeUp(agent, event.node.id);
    else if (event.type === 'node-down')
      this.seeds.lost(agent, event.node.id, this.quietUntil.get(event.node.id));
    else if (event.type === 'refused' && event.failure.code !== 'SKEIN_NOT_NEEDED')
      this.journal.refused(event.address, event.failure, agent.now);
  }

  explain(agent: BehaviorAgent, node: string | undefined): Finding[] {
    return this.journal.explain(node, {
      agent,
      degree: this.degree,
      solicits: this.options.solicit,
      broadcastTargets: this.options.broadcastTargets,
      seeds: this.seeds.all,
      quietForMs: (id) => (this.quietUntil.get(id) ?? 0) - agent.now,
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
  checkIncoming(agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    if (isByHand(neighbor.purpose)) return undefined;
    if (neighbor.namespace !== agent.self.namespace) {
      const namespaces = `it is of namespace ${neighbor.namespace}, this node of ${agent.self.namespace}`;
      return failure('SKEIN_REFUSED', namespaces);
    }
    if (this.isQuiet(agent, neighbor.id)) return hungUp();
    const enough = neighbor.purpose === 'answer' && this.hasEnough(agent, neighbor.id);
    return enough ? notNeeded(neighbor.purpose) : undefined;
  }

  /** The reason for a dial may be over by the time it has got through. */
  checkOutgoing(agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    // Only now is it known who is behind a seed.
    if (neighbor.purpose === 'seed' && this.isQuiet(agent, neighbor.id)) return hungUp();
    if (isByHand(neighbor.purpose)) return undefined;
    return neighbor.namespace === agent.self.namespace && this.isStillNeeded(agent, neighbor)
      ? undefined
      : notNeeded(neighbor.purpose);
  }

  private isStillNeeded(agent: BehaviorAgent, { id, purpose, solicits }: Neighbor): boolean {
    const inMesh = Number.isFinite(agent.routes.distance(id));
    if (purpose !== 'answer') return this.wanted(agent) > 0 || !inMesh;
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

  incomingUp(agent: BehaviorAgent, neighbor: Neighbor): undefined {
    if (neighbor.purpose === 'answer') this.journal.answered();
    this.linked(agent, neighbor);
  }

  outgoingUp(agent: BehaviorAgent, neighbor: Neighbor): undefined {
    this.linked(agent, neighbor);
    this.ended(agent, this.dials.linkUp(neighbor), neighbor.id);
  }

  incomingDown(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    this.unlinked(agent, neighbor, reason);
  }

  outgoingDown(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    this.unlinked(agent, neighbor, reason);
  }

  outgoingError(agent: BehaviorAgent, error: OutgoingError): void {
    if (!saysNothing.has(error.failure.code)) this.journal.dialFailed(error, agent.now);
    this.ended(agent, this.dials.linkFailed(agent, error), error.node);
  }

  private linked(agent: BehaviorAgent, neighbor: Neighbor): void {
    this.answering.linked(agent.now);
    this.quietUntil.delete(neighbor.id);
    this.journal.linked(neighbor, agent.directory.get(neighbor.id)?.addresses ?? []);
    if (this.wanted(agent) > 0) return;
    this.solicitAt = never;
    this.backoff.reset();
  }

  private unlinked(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    const closed = failure('SKEIN_UNREACHABLE', `${neighbor.name} closed the link at once (${reason})`);
    for (const { token } of this.unrouted.filter((waiting) => waiting.neighbor.id === neighbor.id)) {
      agent.answerFailure(token, closed);
    }
    this.unrouted = this.unrouted.filter((waiting) => waiting.neighbor.id !== neighbor.id);
    this.seekSoon(agent);
    if (reason === 'hangup') this.keepQuiet(agent, neighbor.id);
    // Closed before its announcement came: of one that never was up nobody will hear that it is down.
    if (agent.directory.get(neighbor.id)?.reachable !== true)
      this.seeds.lost(agent, neighbor.id, this.quietUntil.get(neighbor.id));
    // Replaced: there the link is another life's now. Which of the two ends it learns when it asks.
    if (reason !== 'closed' && reason !== 'silent' && reason !== 'replaced') return;
    this.redial(agent, neighbor, limits.redialWaitsMs);
  }

  /** Perhaps only the connection broke: ask, soon and once more, whether the node is still there. */
  private redial(agent: BehaviorAgent, neighbor: Neighbor, [waitMs, ...rest]: readonly number[]): void {
    if (waitMs === undefined) return;
    const isAgain = rest.length < limits.redialWaitsMs.length - 1;
    const at = agent.now + waitMs * (1 + agent.random.next());
    this.dials.later(at, neighbor.id, neighbor.instance, () => {
      const target = this.reunion(agent, neighbor.id);
      if (target === undefined) return undefined;
      this.redial(agent, neighbor, rest);
      return { ...target, isAgain };
    });
  }

  private ended(agent: BehaviorAgent, outcome: DialOutcome | undefined, node: NodeId | undefined): void {
    if (outcome === undefined) return;
    const { seed, token } = outcome.target;
    if (outcome.outcome === 'up') {
      if (seed !== undefined) this.seeds.found(seed, outcome.neighbor.id);
      if (token !== undefined) this.answerOnceRouted(agent, token, outcome.neighbor);
    } else {
      if (seed !== undefined) this.seeds.failed(agent, seed, outcome.failure, node);
      if (token !== undefined) agent.answerFailure(token, outcome.failure);
    }
  }

  /** A link alone is no route yet: the neighbor's announcement comes a moment later. */
  private answerOnceRouted(agent: BehaviorAgent, token: number, neighbor: Neighbor): void {
    if (Number.isFinite(agent.routes.distance(neighbor.id))) agent.answer(token, neighbor);
    else this.unrouted.push({ token, neighbor });
  }

  private nodeUp(agent: BehaviorAgent, node: NodeId): void {
    this.answering.grown(agent.now);
    if (this.wanted(agent) > 0) this.seekAfterGrowth(agent);
    const routed = this.unrouted.filter(({ neighbor }) => neighbor.id === node);
    this.unrouted = this.unrouted.filter(({ neighbor }) => neighbor.id !== node);
    for (const { token, neighbor } of routed) agent.answer(token, neighbor);
  }

  private hangup(agent: BehaviorAgent, node: string, token: number): void {
    const id = idOf(node);
    if (!agent.neighbors.has(id)) {
      return agent.answerFailure(token, failure('SKEIN_NOT_LINKED', `there is no link to ${node}`));
    }
    this.keepQuiet(agent, id);
    agent.closeNode(id, 'hangup');
    agent.answer(token, undefined);
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
    if (this.options.solicit) this.solicit(agent, wanted);
    const candidates = [...agent.directory.entries()].filter((entry) => this.isCandidate(agent, entry));
    for (const entry of pick(candidates, wanted, agent)) this.dials.dial(agent, targetOf(entry, 'degree'));
  }

  private isCandidate(agent: BehaviorAgent, entry: NodeEntry): boolean {
    return (
      entry.reachable &&
      entry.id !== agent.self.id &&
      entry.namespace === agent.self.namespace &&
      !agent.neighbors.has(entry.id) &&
      !this.isQuiet(agent, entry.id)
    );
  }

  private solicit(agent: BehaviorAgent, wants: number): void {
    let component = agent.self.id;
    for (const id of agent.routes.reachable()) component = Math.min(component, id);
    this.journal.solicited();
    const bytes = encodeSolicitation({
      name: agent.self.name,
      namespace: agent.self.namespace,
      instance: agent.self.instance,
      wants,
      component,
      componentSize: agent.routes.reachableCount + 1,
      wallTimeMs: Math.round(agent.wallNow),
      nonce: agent.random.bytes(8),
      addresses: agent.self.addresses,
    });
    const { seal } = this.options;
    const sealed = seal === undefined ? bytes : seal.seal(bytes);
    if (sealed !== undefined) agent.broadcastDatagram(sealed);
  }

  /** Satisfied islands never solicit: the lowest id of each says now and then that it is there. */
  private beacon(agent: BehaviorAgent): void {
    this.beaconAt = agent.now + limits.beaconIntervalMs;
    if (!this.options.solicit || this.degree === 0) return;
    for (const id of agent.routes.reachable()) if (id < agent.self.id) return;
    this.solicit(agent, Math.max(0, this.wanted(agent)));
  }

  // ── hearing of others ─────────────────────────────────────────────────────────────────────────────

  datagram(agent: BehaviorAgent, bytes: Uint8Array): boolean {
    const { seal } = this.options;
    if (!this.datagrams.take(agent.now)) {
      this.journal.unreadable('excess', agent.now);
      return true;
    }
    if (seal === undefined) {
      if (isSolicitation(bytes)) return this.solicitationHeard(agent, bytes);
      // Sealed ones begin alike: not having the key is worth telling.
      if (!isSealed(bytes)) return false;
      this.journal.unreadable('sealed', agent.now);
      return true;
    }
    const opened = seal.open(bytes);
    if (opened.outcome === 'opened') return this.solicitationHeard(agent, opened.bytes);
    if (opened.outcome === 'clock') {
      const name = decodeSolicitation(opened.bytes)?.name;
      if (name !== undefined) this.journal.clockDiffers(name, opened.aheadMs, agent.now);
    } else if (opened.outcome !== 'foreign' || isSolicitation(bytes)) {
      this.journal.unreadable(opened.outcome === 'foreign' ? 'open' : opened.outcome, agent.now);
    } else return false;
    return true;
  }

  private solicitationHeard(agent: BehaviorAgent, bytes: Uint8Array): boolean {
    const solicitation = decodeSolicitation(bytes);
    if (solicitation === undefined) this.journal.malformed();
    else if (concernsOthers(agent, idOf(solicitation.name), solicitation.instance)) {
      this.journal.heard(solicitation, agent.now);
      this.answering.heard(agent, solicitation);
    }
    return true;
  }

  /** Seen on this machine without any datagram. */
  private sighted(agent: BehaviorAgent, sighting: Sighting): void {
    if (!concernsOthers(agent, idOf(sighting.name), sighting.instance)) return;
    this.journal.sighted(sighting, agent.now);
    this.answering.sighted(agent, sighting);
  }

  // ── healing ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Known nodes out of reach are tried about once per interval by their whole former component: each
   * member draws with one over its size, so that nobody has to agree on who does it.
   */
  private reunite(agent: BehaviorAgent): void {
    this.reuniteAt = agent.now + limits.reuniteIntervalMs * (0.75 + agent.random.next() / 2);
    if (this.degree === 0) return;
    const share = 1 / (agent.routes.reachableCount + 1);
    const lost = [...agent.directory.unreachable()].filter(
      (entry) => !entry.left && entry.id !== agent.self.id,
    );
    const drawn = lost.filter((entry) => agent.random.next() < share * freshness(agent.now - entry.since));
    for (const entry of pick(drawn, limits.reuniteDialsPerRoundMax, agent)) {
      const target = this.reunion(agent, entry.id);
      if (target !== undefined) this.dials.dial(agent, target);
    }
  }

  private reunion(agent: BehaviorAgent, node: NodeId): Target | undefined {
    const entry = agent.directory.get(node);
    if (entry === undefined || entry.reachable || entry.left || agent.neighbors.has(node)) return undefined;
    if (entry.namespace !== agent.self.namespace || this.isQuiet(agent, node)) return undefined;
    return targetOf(entry, 'reunite');
  }

  private keepQuiet(agent: BehaviorAgent, node: NodeId): void {
    for (const [id, until] of this.quietUntil) if (until <= agent.now) this.quietUntil.delete(id);
    this.quietUntil.set(node, agent.now + limits.hangupQuietMs);
  }

  private isQuiet(agent: BehaviorAgent, node: NodeId): boolean {
    return (this.quietUntil.get(node) ?? 0) > agent.now;
  }
}

function notNeeded(purpose: DialPurpose): Failure {
  return failure('SKEIN_NOT_NEEDED', `the reason for this dial (${purpose}) is over`);
}

function isByHand(purpose: DialPurpose): boolean {
  return purpose === 'direct' || purpose === 'seed';
}

function targetOf(entry: NodeEntry, purpose: DialPurpose): Target {
  return { node: entry.id, instance: entry.instance, addresses: entry.addresses, purpose };
}

/** The longer a node has been gone, the less often it is tried. */
function freshness(goneForMs: number): number {
  if (goneForMs < limits.reuniteFreshMs) return 1;
  return goneForMs < limits.reuniteFreshMs * 10 ? 1 / 4 : 1 / 16;
}

/** Up to `count` of them, at random. */
function pick<Item>(items: readonly Item[], count: number, agent: BehaviorAgent): Item[] {
  const rest = [...items];
  const picked: Item[] = [];
  while (picked.length < count && rest.length > 0) {
    picked.push(...rest.splice(Math.floor(agent.random.next() * rest.length), 1));
  }
  return picked;
}
