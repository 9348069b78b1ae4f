/**
 * The neighbors of one node and the links that lead to them.
 *
 * The agents and the forwarder ask here for neighbors; links report here what they see. Invariant: at most one
 * link per neighbor carries this node's frames, and behaviors see a neighbor come up and go down exactly once,
 * also while two links to it exist for a moment (both ends dialed at once).
 */
import { Admission } from './admission.ts';
import type { Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DownReason, LinkId, Neighbor } from './contracts.ts';
import { type Failure, failure } from './errors.ts';
import type { NodeId } from './identity.ts';
import { alreadyConnected, worded } from './link/dial-failure.ts';
import { encodeHello, type Hello } from './link/hello.ts';
import type { Link, LinkOwner } from './link/link.ts';
import { neighborOf } from './link/neighbor-of.ts';
import { mayReplace } from './link/rival.ts';
import { Links } from './links.ts';
import type { Outbox } from './outbox.ts';
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
  readonly links: Links;
  /** Asked at each handshake: does this node look for links? */
  solicits: () => boolean = () => false;
  private readonly context: Context;
  private readonly ports: NeighborhoodPorts;
  private readonly connections = new Map<NodeId, Connection>();
  private readonly privateLinks: PrivateLinks;
  private readonly admission: Admission;
  /** Also by the ids of links that are closing or were replaced, until they are gone. */
  private readonly byLink = new Map<LinkId, Connection>();

  constructor(context: Context, ports: NeighborhoodPorts) {
    this.context = context;
    this.ports = ports;
    this.links = new Links(context, this);
    this.privateLinks = new PrivateLinks(context, ports);
    const { connections, privateLinks } = this;
    this.admission = new Admission(context, { behaviors: ports.behaviors, privateLinks, connections });
  }

  get allocate(): Allocate {
    return this.context.config.allocate ?? cleared;
  }

  get outbox(): Outbox {
    return this.context.outbox;
  }

  // ── from the kernel and the agents ────────────────────────────────────────────────────────────────

  /** The link that carries frames to a neighbor, whatever its number. */
  linkTo(node: NodeId): Link | undefined {
    return this.connections.get(node)?.link;
  }

  /** By the number that behaviors know. */
  linkOf(id: LinkId): Link | undefined {
    return this.byLink.get(id)?.link ?? this.privateLinks.get(id);
  }

  close(id: LinkId, reason: DownReason): void {
    (this.linkOf(id) ?? this.links.get(id))?.close(reason, this.context.now);
  }

  /** Links to nodes that are shut out from now on end. */
  shutOutChanged(): void {
    const { shutOuts } = this.context;
    if (shutOuts.isEmpty) return;
    for (const { neighbor } of [...this.connections.values()])
      if (shutOuts.why(neighbor.id, neighbor.instance) !== undefined) this.close(neighbor.link, 'closed');
    this.privateLinks.shutOutChanged();
  }

  /** A behavior that asked to wait has made up its mind. */
  resolveCheck(id: LinkId, verdict: Failure | undefined): void {
    const link = this.links.get(id);
    if (link !== undefined) this.admission.resolve(link, verdict);
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
    this.admission.decide(link);
  }

  opened(link: Link, otherHasAnother: boolean): void {
    const peer = link.peer as Hello;
    const shutOut = this.context.shutOuts.why(peer.id, peer.instance);
    if (shutOut !== undefined) return this.turnAway(link, shutOut, 'closed');
    if (this.privateLinks.isPrivate(link)) return this.privateLinks.opened(link, neighborOf(link, peer));
    // Behaviors refuse another life of our own name; where none does it leads nowhere.
    if (peer.id === this.context.self.id) return this.turnAway(link, nameTaken(peer.name), 'protocol');
    const existing = this.connections.get(peer.id);
    if (existing === undefined) return this.up(link, peer);
    if (existing.neighbor.instance !== peer.instance) {
      if (!mayReplace(existing.link, link)) return this.turnAway(link, nameTaken(peer.name), 'closed');
      existing.link.close('replaced', this.context.now);
      return this.up(link, peer);
    }
    this.count('links.doubled');
    this.byLink.set(link.id, existing);
    link.neighbor = existing.neighbor;
    if (this.winner(existing.link, link, peer, otherHasAnother) === link) this.replace(existing, link);
    else this.retire(existing, link);
    // Whoever waits for this dial must hear of its end: the link that it asked for is there already.
    if (link.role === 'dialer') this.dialEnded(link, alreadyConnected(peer.name));
  }

  confirmed(link: Link): void {
    const connection = this.byLink.get(link.id);
    if (connection?.link !== link) return;
    connection.retiring?.close('replaced', this.context.now);
    connection.retiring = undefined;
  }

  frame(link: Link, frame: Frame): void {
    const { neighbor } = link;
    if (neighbor === undefined) return;
    if (neighbor.purpose.isPrivate) this.privateLinks.frame(frame, neighbor);
    else this.ports.arrived(frame, neighbor);
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
    this.links.wantPoll(link);
  }

  ended(link: Link, reason: DownReason, detail: Failure | undefined): void {
    this.admission.forget(link);
    if (this.privateLinks.isPrivate(link)) return this.privateLinks.ended(link, reason, detail);
    const connection = this.byLink.get(link.id);
    if (connection?.link === link) return this.down(connection, reason, detail);
    if (link.role === 'dialer' && link.openedAt === 0) this.dialEnded(link, detail);
    else if (link.openedAt === 0) this.admission.incomingFailed(detail);
  }

  gone(link: Link): void {
    this.links.forget(link);
    const connection = this.byLink.get(link.id);
    if (connection === undefined) return;
    const current = this.connections.get(connection.neighbor.id) === connection;
    // A replaced link's number may be the one that behaviors know: it stays while the neighbor does.
    if (current && link.id === connection.neighbor.link) return;
    this.byLink.delete(link.id);
    if (!current && this.links.get(connection.neighbor.link) === undefined)
      this.byLink.delete(connection.neighbor.link);
  }

  refused(link: Link, refusal: Failure): void {
    this.admission.refused(link, refusal);
  }

  touched(link: Link): void {
    this.links.touch(link);
  }

  hurried(link: Link): void {
    this.links.hurry(link);
  }

  count(counter: string): void {
    this.context.count(counter);
  }

  // ── two links to one neighbor ─────────────────────────────────────────────────────────────────────

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

  /**
   * Open already, but the name is another life's, or its node was shut out meanwhile. Who waits for this dial must
   * hear of its end.
   */
  private turnAway(link: Link, why: Failure, reason: DownReason): void {
    link.close(reason, this.context.now);
    if (this.privateLinks.isPrivate(link)) return;
    if (link.role === 'dialer') this.dialEnded(link, why);
  }

  // ── up and down ───────────────────────────────────────────────────────────────────────────────────

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
      if (neighbor.direction === 'incoming') behavior.links?.incomingDown?.(agent, neighbor, reason);
      else behavior.links?.outgoingDown?.(agent, neighbor, reason);
    });
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
    this.ports.behaviors().each(({ behavior, agent }) => behavior.links?.outgoingError?.(agent, error));
  }
}

function nameTaken(name: string): Failure {
  return failure('SKEIN_NAME_TAKEN', `another living node is called ${name}`);
}
