/**
 * The links of one node and the neighbors behind them.
 *
 * The kernel reports sockets here; links report what they see. Invariant: at most one link per neighbor
 * carries this node's frames, and behaviors see a neighbor come up and go down exactly once, also while
 * two links to it exist for a moment (both ends dialed at once).
 */
import type { Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DialPurpose, DownReason, LinkId, Neighbor, SecureStage, Verdict } from './contracts.ts';
import { type Failure, failure, idCollision } from './errors.ts';
import type { Instance, NodeId } from './identity.ts';
import { limits } from './limits.ts';
import { worded } from './link/dial-failure.ts';
import { encodeHello, type Hello } from './link/hello.ts';
import { Link, type LinkOwner } from './link/link.ts';
import { neighborOf } from './link/neighbor-of.ts';
import { Polls } from './link/polls.ts';
import { mayReplace } from './link/rival.ts';
import type { Outbox } from './outbox.ts';
import { TokenBucket } from './parts/token-bucket.ts';
import { PrivateLinks, type PrivateLinksPorts } from './private-links.ts';
import { islandNodes } from './routing/island.ts';
import { type Frame, wireVersion, wireVersionMin } from './wire/frame.ts';
import { type Allocate, cleared } from './wire/splitter.ts';

/** A neighbor and the link that now leads to it. */
interface Connection {
  readonly neighbor: Neighbor;
  link: Link;
  /**
   * The other of two links, kept until something has come over this one: two sockets have no common order,
   * and at the other end a goodbye that overtook this link's acceptance would be the end of the neighbor.
   */
  retiring: Link | undefined;
}

/** What the neighborhood needs of the kernel around it. */
export interface NeighborhoodPorts extends PrivateLinksPorts {
  readonly arrived: (frame: Frame, from: Neighbor) => void;
  readonly openHandler: (slot: Slot, neighbor: Neighbor) => void;
}

export class Neighborhood implements LinkOwner {
  /** By node, for the agents. */
  readonly neighbors = new Map<NodeId, Neighbor>();
  /** Asked at each handshake: does this node look for links? */
  solicits: () => boolean = () => false;
  private readonly context: Context;
  private readonly ports: NeighborhoodPorts;
  private readonly links = new Map<LinkId, Link>();
  private readonly connections = new Map<NodeId, Connection>();
  private readonly privateLinks: PrivateLinks;
  /** Also by the ids of links that are closing or were replaced, until they are gone. */
  private readonly byLink = new Map<LinkId, Connection>();
  /** Handshakes that behaviors have asked to hold, and how many still do. */
  private readonly waiting = new Map<LinkId, number>();
  private readonly touchedLinks = new Set<Link>();
  private readonly polls: Polls;
  /** When some link's deadline may have come. */
  private lookAt = Number.POSITIVE_INFINITY;
  private readonly warnings: TokenBucket;
  lastLink: LinkId;
  private closing = false;

  constructor(context: Context, ports: NeighborhoodPorts) {
    this.context = context;
    this.ports = ports;
    this.privateLinks = new PrivateLinks(context, ports);
    this.polls = new Polls(context.outbox);
    this.warnings = new TokenBucket(
      limits.strangerWarningsPerSecond,
      limits.strangerWarningsBurst,
      context.now,
    );
    this.lastLink = context.config.firstLink ?? 0;
  }

  get allocate(): Allocate {
    return this.context.config.allocate ?? cleared;
  }

  get outbox(): Outbox {
    return this.context.outbox;
  }

  get isEmpty(): boolean {
    return this.links.size === 0;
  }

  /** Handshakes of others with us that are under way. */
  get openingCount(): number {
    let count = 0;
    for (const link of this.links.values()) if (link.isPending && link.role === 'listener') count++;
    return count;
  }

  get hasQueued(): boolean {
    for (const link of this.links.values()) if (link.hasQueued) return true;
    return false;
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  dial(address: string, purpose: DialPurpose): LinkId {
    const link = this.create('dialer', purpose, address);
    this.outbox.put({ type: 'dial', link: link.id, address, timeoutMs: limits.dialTimeoutMs });
    return link.id;
  }

  accepted(address: string, security: SecureStage | undefined): LinkId {
    const link = this.create('listener', 'direct', address);
    if (this.closing) this.turnAway(link);
    else link.connected(address, security, this.context.now);
    if (this.openingCount > limits.handshakesMax) this.turnAway(this.leastProven());
    return link.id;
  }

  /** The oldest that has proven nothing: an honest one has, two round trips after it came. */
  private leastProven(): Link {
    const pending = [...this.links.values()].filter((link) => link.isPending && link.role === 'listener');
    return pending.find(({ peer }) => peer === undefined) ?? (pending.at(-1) as Link);
  }

  private turnAway(link: Link): void {
    this.count('links.refused');
    link.close('stopped', this.context.now);
  }

  link(id: LinkId): Link | undefined {
    return this.links.get(id);
  }

  /** The link that carries frames to a neighbor, whatever its number. */
  linkTo(node: NodeId): Link | undefined {
    return this.connections.get(node)?.link;
  }

  /** By the number that behaviors know. */
  linkOf(id: LinkId): Link | undefined {
    return this.byLink.get(id)?.link ?? this.privateLinks.get(id);
  }

  neighborOf(id: LinkId): Neighbor | undefined {
    return this.byLink.get(id)?.neighbor;
  }

  close(id: LinkId, reason: DownReason): void {
    (this.linkOf(id) ?? this.links.get(id))?.close(reason, this.context.now);
  }

  closeAll(reason: DownReason): void {
    this.closing = true;
    for (const link of [...this.links.values()]) link.close(reason, this.context.now);
  }

  forgive(lagMs: number): void {
    for (const link of this.links.values()) link.forgive(lagMs, this.context.now);
  }

  polled(): void {
    this.polls.polled(this.context.now);
    this.lookAgain();
  }

  /** Not later than any link's: what they hear moves their deadlines back, and nobody looks after each frame. */
  nextDeadline(): number {
    return this.lookAt;
  }

  deadline(now: number): void {
    if (now < this.lookAt) return;
    for (const link of [...this.links.values()]) link.deadline(now);
    this.lookAgain();
  }

  /** Heartbeats leave on all links at once: a node of many links wakes no more often for them than one of few. */
  beat(now: number): void {
    for (const link of this.links.values()) link.beat(now);
  }

  /** Hands each link's gathered bytes to its socket. */
  pump(): void {
    for (const link of this.touchedLinks) link.pump();
    this.touchedLinks.clear();
  }

  // ── from links ────────────────────────────────────────────────────────────────────────────────────

  hello(link: Link): Uint8Array {
    const { self, config, directory, now } = this.context;
    return encodeHello({
      wireVersion,
      wireVersionMin,
      id: self.id,
      name: self.name,
      namespace: self.namespace,
      instance: self.instance,
      version: self.version,
      purpose: link.purpose,
      solicits: this.solicits(),
      uptimeMs: Math.max(0, Math.round(now - self.startedAt)),
      islandNodes: islandNodes(directory, self.id, now),
      stallToleranceMs: config.stallToleranceMs,
      features: this.ports.behaviors().names,
      keyId: new Uint8Array(0),
    });
  }

  decide(link: Link): void {
    const peer = link.peer as Hello;
    const refusal = this.objection(link, peer);
    if (refusal !== undefined) return link.refuse(refusal, this.context.now);
    const neighbor = neighborOf(link, peer);
    if (this.privateLinks.isPrivate(link)) return link.accept(false, this.context.now);
    link.rival = this.rivalOf(peer);
    let waits = 0;
    let verdict: Verdict;
    this.ports.behaviors().each(({ behavior, agent }) => {
      if (typeof verdict === 'object') return;
      verdict =
        link.role === 'listener'
          ? behavior.checkIncoming?.(agent, neighbor)
          : behavior.checkOutgoing?.(agent, neighbor);
      if (verdict === 'wait') waits++;
    });
    if (typeof verdict === 'object') return link.refuse(verdict, this.context.now);
    if (waits > 0) this.waiting.set(link.id, waits);
    else this.accept(link);
  }

  /** A behavior that asked to wait has made up its mind. */
  resolveCheck(id: LinkId, verdict: Failure | undefined): void {
    const link = this.links.get(id);
    const waits = this.waiting.get(id);
    if (link === undefined || waits === undefined) return;
    if (verdict === undefined && waits > 1) {
      this.waiting.set(id, waits - 1);
      return;
    }
    this.waiting.delete(id);
    if (verdict !== undefined) return link.refuse(verdict, this.context.now);
    // While we waited, another link to the same node may have opened.
    const peer = link.peer as Hello;
    const refusal = this.objection(link, peer);
    if (refusal !== undefined) return link.refuse(refusal, this.context.now);
    const rival = this.rivalOf(peer);
    if (rival === undefined || rival === link.rival) this.accept(link);
    else this.decide(link);
  }

  opened(link: Link, otherHasAnother: boolean): void {
    const peer = link.peer as Hello;
    if (this.privateLinks.isPrivate(link)) return this.privateLinks.opened(link, neighborOf(link, peer));
    // Behaviors refuse another life of our own name; where none does it leads nowhere.
    if (peer.id === this.context.self.id) return link.close('protocol', this.context.now);
    const existing = this.connections.get(peer.id);
    if (existing === undefined) return this.up(link, peer);
    if (existing.neighbor.instance !== peer.instance) {
      if (!mayReplace(existing.link, link)) return link.close('closed', this.context.now);
      existing.link.close('replaced', this.context.now);
      return this.up(link, peer);
    }
    this.count('links.doubled');
    this.byLink.set(link.id, existing);
    link.neighbor = existing.neighbor;
    if (this.winner(existing.link, link, peer, otherHasAnother) === link) this.replace(existing, link);
    else this.retire(existing, link);
    // Whoever waits for this dial must hear of its end: the link that it asked for is there already.
    if (link.role === 'dialer') this.dialEnded(link, alreadyConnected(peer));
  }

  confirmed(link: Link): void {
    const connection = this.byLink.get(link.id);
    if (connection?.link !== link) return;
    connection.retiring?.close('replaced', this.context.now);
    connection.retiring = undefined;
  }

  frame(link: Link, frame: Frame): void {
    if (link.neighbor === undefined) return;
    if (this.privateLinks.isPrivate(link)) this.privateLinks.frame(link, frame);
    else this.ports.arrived(frame, link.neighbor);
  }

  measured(link: Link): void {
    const connection = this.byLink.get(link.id);
    if (connection?.link !== link || link.roundTripMs === undefined) return;
    this.context.routes.roundTrip(connection.neighbor.id, link.roundTripMs);
    const behaviors = this.ports.behaviors();
    for (const slot of behaviors.slots) {
      const entry = slot.handlers.get(connection.neighbor.link);
      if (entry?.handler.statistics === undefined) continue;
      behaviors.call(slot, () => entry.handler.statistics?.(entry.agent, link.statistics));
    }
  }

  stalled(link: Link, stalled: boolean): void {
    const connection = this.byLink.get(link.id);
    if (connection?.link !== link) return;
    this.context.routes.stalled(connection.neighbor.id, stalled);
    this.ports.behaviors().emit({ type: 'link-stalled', node: connection.neighbor.id, stalled });
  }

  silent(link: Link): void {
    this.polls.want(link);
  }

  ended(link: Link, reason: DownReason, detail: Failure | undefined): void {
    this.waiting.delete(link.id);
    if (this.privateLinks.isPrivate(link)) return this.privateLinks.ended(link, reason, detail);
    const connection = this.byLink.get(link.id);
    if (connection?.link === link) return this.down(connection, reason, detail);
    if (link.role === 'dialer' && link.openedAt === 0) this.dialEnded(link, detail);
    else if (link.openedAt === 0) this.incomingFailed(detail);
  }

  gone(link: Link): void {
    this.links.delete(link.id);
    this.touchedLinks.delete(link);
    const connection = this.byLink.get(link.id);
    if (connection === undefined) return;
    const current = this.connections.get(connection.neighbor.id) === connection;
    // A replaced link's number may be the one that behaviors know: it stays while the neighbor does.
    if (current && link.id === connection.neighbor.link) return;
    this.byLink.delete(link.id);
    if (!current && !this.links.has(connection.neighbor.link)) this.byLink.delete(connection.neighbor.link);
  }

  refused(link: Link, refusal: Failure): void {
    const { peer } = link;
    const { self } = this.context;
    if (this.privateLinks.isPrivate(link)) return;
    const isNamesake = peer !== undefined && peer.name === self.name && peer.instance !== self.instance;
    if (isNamesake && refusal.code === 'SKEIN_NAME_TAKEN')
      return this.ports.behaviors().emit({ type: 'namesake', instance: peer.instance });
    this.ports.behaviors().emit({ type: 'refused', address: link.address, failure: refusal });
  }

  touched(link: Link): void {
    this.touchedLinks.add(link);
  }

  hurried(link: Link): void {
    this.lookAt = Math.min(this.lookAt, link.nextDeadline());
  }

  count(counter: string): void {
    this.context.count(counter);
  }

  // ── the rules ─────────────────────────────────────────────────────────────────────────────────────

  /** What the kernel itself holds against a link, before any behavior is asked. */
  private objection(link: Link, peer: Hello): Failure | undefined {
    const { self } = this.context;
    if (peer.instance === self.instance) return failure('SKEIN_SELF', `${link.address} is this node itself`);
    if (this.privateLinks.isPrivate(link)) return this.privateLinks.objection(neighborOf(link, peer));
    if (peer.id === self.id) return peer.name === self.name ? undefined : idCollision(self.name, peer.name);
    if (this.connections.size >= limits.linksMax)
      return failure('SKEIN_BUSY', `${self.name} has all the links it takes`);
    const existing = this.connections.get(peer.id);
    if (existing === undefined || existing.neighbor.instance !== peer.instance || link.role === 'listener')
      return undefined;
    // A dialer knows whether its other link is older than this dial; only then is the dial for nothing.
    const older = existing.link.openedAt <= link.startedAt || existing.link.role === 'dialer';
    if (!older || existing.link.isSuspect) return undefined;
    return alreadyConnected(peer);
  }

  /** The life that a node is linked as, where it is not the one at the other end of this handshake. */
  private rivalOf(peer: Hello): Instance | undefined {
    const linked = this.connections.get(peer.id)?.neighbor.instance;
    return linked === peer.instance ? undefined : linked;
  }

  private accept(link: Link): void {
    const existing = this.connections.get((link.peer as Hello).id);
    link.rivalConfirmed = existing?.link.confirmed ?? false;
    const same = existing !== undefined && existing.neighbor.instance === link.peer?.instance;
    link.accept(same, this.context.now);
  }

  /**
   * Two links to one life of a node. Where the other end has lost the old one, the new one stays; else
   * the dial of the higher id does. Both ends compute alike: what they compare is in the two handshakes.
   */
  private winner(old: Link, fresh: Link, peer: Hello, otherHasAnother: boolean): Link {
    const otherLostIt =
      !otherHasAnother && (fresh.role === 'listener' ? fresh.rivalConfirmed : old.isSuspect);
    if (otherLostIt) return fresh;
    const higherDials = this.context.self.id > peer.id ? 'dialer' : 'listener';
    if (old.role === fresh.role) return old;
    return fresh.role === higherDials ? fresh : old;
  }

  /** The link changes under the neighbor; no behavior notices. */
  private replace(connection: Connection, link: Link): void {
    const old = connection.link;
    connection.link = link;
    this.context.routes.stalled(connection.neighbor.id, false);
    this.retire(connection, old);
  }

  private retire(connection: Connection, loser: Link): void {
    if (connection.link.confirmed) return loser.close('replaced', this.context.now);
    connection.retiring?.close('replaced', this.context.now);
    connection.retiring = loser;
  }

  private up(link: Link, peer: Hello): void {
    const neighbor = neighborOf(link, peer);
    const connection: Connection = { neighbor, link, retiring: undefined };
    this.connections.set(peer.id, connection);
    this.byLink.set(link.id, connection);
    link.neighbor = neighbor;
    this.neighbors.set(peer.id, neighbor);
    this.context.count('links.up');
    this.context.log('info', `link to ${neighbor.name} is up`, { address: neighbor.address });
    this.context.routes.linkUp(peer.id, peer.instance);
    this.outbox.put({ type: 'deliver', feature: 'kernel', event: { type: 'link-up', neighbor } });
    this.compareVersions(neighbor);
    this.ports.behaviors().each((slot) => this.ports.openHandler(slot, neighbor));
  }

  private compareVersions(neighbor: Neighbor): void {
    const { version } = this.context.self;
    if (neighbor.version === version) return;
    const text = `${neighbor.name} runs version ${neighbor.version}, this node ${version}`;
    this.context.log('warn', text);
    this.outbox.put({
      type: 'deliver',
      feature: 'kernel',
      event: { type: 'warning', code: 'version', text },
    });
  }

  private down(connection: Connection, reason: DownReason, detail: Failure | undefined): void {
    const { neighbor } = connection;
    this.connections.delete(neighbor.id);
    this.neighbors.delete(neighbor.id);
    this.context.count(`links.down.${reason}`);
    if (detail !== undefined) this.context.log('warn', `link to ${neighbor.name} ended: ${detail.message}`);
    else this.context.log('info', `link to ${neighbor.name} ended: ${reason}`);
    this.context.routes.linkDown(neighbor.id);
    this.outbox.put({ type: 'deliver', feature: 'kernel', event: { type: 'link-down', neighbor, reason } });
    connection.retiring?.close(reason, this.context.now);
    const behaviors = this.ports.behaviors();
    behaviors.each(({ handlers }) => {
      const entry = handlers.get(neighbor.link);
      handlers.delete(neighbor.link);
      entry?.handler.closed?.(entry.agent, reason);
    });
    behaviors.each(({ behavior, agent }) => {
      if (neighbor.direction === 'incoming') behavior.incomingDown?.(agent, neighbor, reason);
      else behavior.outgoingDown?.(agent, neighbor, reason);
    });
  }

  /** Strangers are worth a warning, but not so many that they fill a disk. */
  private incomingFailed(detail: Failure | undefined): void {
    this.count('links.incoming-failed');
    if (detail === undefined) return;
    const isStranger = detail.code === 'SKEIN_KEY' || detail.code === 'SKEIN_PROTOCOL';
    const level = isStranger && this.warnings.take(this.context.now) ? 'warn' : 'debug';
    this.context.log(level, `refused ${detail.message}`);
  }

  private dialEnded(link: Link, detail: Failure | undefined): void {
    this.context.count('links.dial-failed');
    this.context.log('debug', `dial failed: ${worded(detail, link.address).message}`);
    const error = {
      link: link.id,
      address: link.address,
      purpose: link.purpose,
      failure: worded(detail, link.address),
      node: link.peer?.id,
    };
    this.ports.behaviors().each(({ behavior, agent }) => behavior.outgoingError?.(agent, error));
  }

  private create(role: 'dialer' | 'listener', purpose: DialPurpose, address: string): Link {
    const link = new Link(this, ++this.lastLink, role, purpose, address, this.context.now);
    this.links.set(link.id, link);
    this.hurried(link);
    return link;
  }

  private lookAgain(): void {
    this.lookAt = Number.POSITIVE_INFINITY;
    for (const link of this.links.values()) this.hurried(link);
  }
}

function alreadyConnected(peer: Hello): Failure {
  return failure('SKEIN_ALREADY_CONNECTED', `a link to ${peer.name} is open already`);
}
