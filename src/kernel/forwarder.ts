/**
 * Where frames go: to a behavior here, to the next hop, or back as undeliverable.
 *
 * Who calls it: the kernel for each frame that arrives and the agents for each that starts here.
 * Invariant: every forwarded frame has one hop less than before; a frame never leaves by the neighbor it
 * came from; a frame that is dropped is counted, and told to its source where that was asked for.
 */
import type { Behaviors, Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DropReason, LinkId, Neighbor, Route, RouteAction, SendOptions, Unsent } from './contracts.ts';
import { checkSize, type FrameMaker } from './frame-maker.ts';
import { idOf, type NodeId } from './identity.ts';
import type { Link } from './link/link.ts';
import type { Neighborhood } from './neighborhood.ts';
import { addTo, type Groups, partsOf } from './recipients.ts';
import { encodeFrame, Flag, Frame, RouteKind, withHop, withRecipients } from './wire/frame.ts';
import { decodeReturned, encodeReturned } from './wire/returned.ts';

const noneUnsent: readonly Unsent[] = [];
const localPath: RouteAction = { action: 'local' };

export class Forwarder {
  private readonly context: Context;
  private readonly neighborhood: Neighborhood;
  private readonly behaviors: Behaviors;
  private readonly maker: FrameMaker;
  /** Frames of this node for itself: delivered at the end of the turn, so that no behavior calls itself. */
  private local: Uint8Array[] = [];
  private lastSlot: Slot | undefined;
  private readonly touched = new Set<Slot>();
  private readonly localCursor = new Frame();

  constructor(context: Context, neighborhood: Neighborhood, behaviors: Behaviors, maker: FrameMaker) {
    this.context = context;
    this.neighborhood = neighborhood;
    this.behaviors = behaviors;
    this.maker = maker;
  }

  // ── frames that arrive ────────────────────────────────────────────────────────────────────────────

  arrived(frame: Frame, from: Neighbor): void {
    if (this.isShutOut(frame)) return this.context.count('dropped.shut-out');
    switch (frame.kind) {
      case RouteKind.link:
        return this.toHandler(frame, from);
      case RouteKind.node:
        if (frame.destination === this.context.self.id) return this.toBehavior(frame, from);
        return this.follow(this.context.routes.pathToNode(frame.destination), frame, from);
      case RouteKind.key:
        return this.follow(this.context.routes.pathToKey(frame.destination), frame, from);
      case RouteKind.service:
        return this.follow(this.context.routes.pathToService(frame.destination), frame, from);
      case RouteKind.many:
        return this.split(frame, from);
    }
  }

  /** Over a private link: only what the node behind it says to this one, in the name of the feature that it is for. */
  arrivedPrivately(frame: Frame, from: Neighbor, slot: Slot): void {
    const isMeant =
      frame.kind === RouteKind.node &&
      frame.feature === slot.number &&
      frame.source === from.id &&
      frame.destination === this.context.self.id;
    if (isMeant) this.toBehavior(frame, from);
    else this.context.count('dropped.private');
  }

  /** Also where another one passes it on: a neighbor may not have heard yet that its source is shut out. */
  private isShutOut(frame: Frame): boolean {
    const { shutOuts } = this.context;
    return !shutOuts.isEmpty && shutOuts.why(frame.source, undefined) !== undefined;
  }

  private toHandler(frame: Frame, from: Neighbor): void {
    const slot = this.slotOf(frame.feature);
    const entry = slot?.handlers.get(from.link);
    if (slot === undefined || entry === undefined) return this.context.count('dropped.no-handler');
    this.behaviors.called();
    try {
      entry.handler.message?.(entry.agent, frame);
    } catch (error) {
      this.behaviors.caught(error, slot);
    }
  }

  private toBehavior(frame: Frame, from: Neighbor | undefined): void {
    const slot = this.slotOf(frame.feature);
    if (slot === undefined) return this.giveBack(frame, 'refused', [this.context.self.id]);
    if ((frame.flags & Flag.returned) !== 0) return this.toSender(slot, frame);
    this.behaviors.called();
    try {
      slot.frames?.message?.(slot.agent, frame, from);
    } catch (error) {
      this.behaviors.caught(error, slot);
    }
  }

  /** Frames of one feature mostly follow each other. */
  private slotOf(feature: number): Slot | undefined {
    if (this.lastSlot?.number !== feature) {
      this.lastSlot = this.behaviors.byFeature(feature);
      if (this.lastSlot !== undefined) this.touched.add(this.lastSlot);
    }
    return this.lastSlot?.isOff === true ? undefined : this.lastSlot;
  }

  /** Whose frames came since `watchFrom`. */
  get names(): string[] {
    return [...this.touched].map(({ name }) => name);
  }

  /** From here on features whose frames come are noted: reading a clock for each frame would cost too much. */
  watchFrom(): void {
    this.touched.clear();
    if (this.lastSlot !== undefined) this.touched.add(this.lastSlot);
  }

  private toSender(slot: Slot, frame: Frame): void {
    const returned = decodeReturned(frame.payload, frame.source);
    if (returned === undefined) return this.context.count('dropped.malformed');
    this.behaviors.call(slot, ({ behavior, agent }) => behavior.frames?.returned?.(agent, returned));
  }

  private follow(path: RouteAction, frame: Frame, from: Neighbor): void {
    if (path.action === 'local') return this.toBehavior(frame, from);
    if (path.action === 'reject' || path.neighbor === from.id)
      return this.giveBack(frame, 'no-route', [frame.destination]);
    if (!this.mayPass(frame, from, [frame.destination])) return;
    this.forward(frame, path.neighbor, [frame.destination]);
  }

  private split(frame: Frame, from: Neighbor): void {
    if (frame.recipientCount === 1 && frame.recipient(0) === this.context.self.id)
      return this.toBehavior(frame, from);
    const hops: Groups = new Map();
    const lost: NodeId[] = [];
    let local = false;
    const count = frame.recipientCount;
    for (let i = 0; i < count; i++) {
      const recipient = frame.recipient(i);
      const path = recipient === this.context.self.id ? localPath : this.context.routes.pathToNode(recipient);
      if (path.action === 'local') local = true;
      else if (path.action === 'reject' || path.neighbor === from.id) lost.push(recipient);
      else addTo(hops, path.neighbor, recipient);
    }
    if (local) this.toBehavior(frame, from);
    if (lost.length > 0) this.giveBack(frame, 'no-route', lost);
    if (hops.size === 0 || !this.mayPass(frame, from, [...hops.values()].flat())) return;
    for (const [neighbor, recipients] of hops) this.forward(frame, neighbor, recipients);
  }

  /** Counts the hop down and lets a snooping behavior look. */
  private mayPass(frame: Frame, from: Neighbor, nodes: readonly NodeId[]): boolean {
    if (frame.ttl <= 1) {
      this.giveBack(frame, 'ttl', nodes);
      return false;
    }
    frame.takeHop();
    const slot = this.behaviors.byFeature(frame.feature);
    if (slot?.snoops === true && (frame.flags & Flag.returned) === 0) {
      this.behaviors.call(slot, ({ behavior, agent }) => behavior.frames?.transit?.(agent, frame, from));
    }
    return true;
  }

  private forward(frame: Frame, neighbor: NodeId, recipients: readonly NodeId[]): void {
    const link = this.neighborhood.linkTo(neighbor);
    if (link === undefined) return this.giveBack(frame, 'no-route', recipients);
    const whole = frame.kind !== RouteKind.many || recipients.length === frame.recipientCount;
    const traced = (frame.flags & Flag.traced) !== 0;
    let sent: boolean;
    if (whole && !traced) {
      sent = link.send(frame.bytes, frame.start, frame.end);
    } else {
      const bytes = this.rewritten(frame, whole ? undefined : recipients, traced);
      sent = link.send(bytes, 0, bytes.length);
    }
    if (!sent) return this.giveBack(frame, 'busy', recipients);
    this.context.count('forwarded');
  }

  private rewritten(frame: Frame, recipients: readonly NodeId[] | undefined, traced: boolean): Uint8Array {
    if (recipients === undefined) return withHop(frame, this.context.self.id);
    const fewer = withRecipients(frame, recipients);
    if (!traced) return fewer;
    const cursor = new Frame();
    cursor.read(fewer, 0, fewer.length);
    return withHop(cursor, this.context.self.id);
  }

  /** The frame ends here for these nodes: counted, and told to its source if it wants to know. */
  private giveBack(frame: Frame, reason: DropReason, nodes: readonly NodeId[]): void {
    this.context.count(`dropped.${reason}`);
    if ((frame.flags & Flag.wantsReturn) === 0 || (frame.flags & Flag.returned) !== 0) return;
    const payload = encodeReturned({ reason, type: frame.type, sequence: frame.sequence, nodes });
    const header = this.maker.header(
      frame.feature,
      RouteKind.node,
      frame.source,
      { type: frame.type },
      Flag.returned,
    );
    this.sendTo(frame.source, encodeFrame(header, payload), false);
  }

  // ── frames that start here ────────────────────────────────────────────────────────────────────────

  send(slot: Slot, route: Route, payload: Uint8Array, options: SendOptions): readonly Unsent[] {
    switch (route.to) {
      case 'node':
        return this.sendOne(slot, RouteKind.node, route.node, payload, options);
      case 'key':
        return this.sendOne(slot, RouteKind.key, route.key, payload, options);
      case 'service':
        return this.sendOne(slot, RouteKind.service, idOf(route.service), payload, options);
      case 'nodes':
        return this.sendMany(slot, route.nodes, payload, options);
      case 'all':
        return this.sendMany(slot, [...this.context.routes.reachable()], payload, options);
    }
  }

  /** As it is, by the given link or by the next hop. */
  sendFrame(frame: Uint8Array, destination: NodeId, via: LinkId | undefined): DropReason | undefined {
    const link = via === undefined ? this.nextLink(destination) : this.neighborhood.linkOf(via);
    if (link === undefined) return 'no-route';
    return link.send(frame, 0, frame.length) ? undefined : 'busy';
  }

  private sendOne(
    slot: Slot,
    kind: RouteKind,
    destination: NodeId,
    payload: Uint8Array,
    options: SendOptions,
  ): readonly Unsent[] {
    const path = this.path(kind, destination);
    if (path.action === 'reject') return [{ node: destination, reason: 'no-route' }];
    const frame = this.maker.make(slot.number, kind, destination, payload, options);
    if (path.action === 'local') this.local.push(frame);
    else if (!this.hand(path.neighbor, frame, options.urgent)) return [{ node: destination, reason: 'busy' }];
    return noneUnsent;
  }

  private sendMany(
    slot: Slot,
    nodes: readonly NodeId[],
    payload: Uint8Array,
    options: SendOptions,
  ): readonly Unsent[] {
    checkSize(payload);
    const unsent: Unsent[] = [];
    const hops: Groups = new Map();
    for (const node of nodes) {
      const path = this.path(RouteKind.node, node);
      if (path.action === 'reject') unsent.push({ node, reason: 'no-route' });
      else if (path.action === 'local')
        this.local.push(this.maker.make(slot.number, RouteKind.node, node, payload, options));
      else addTo(hops, path.neighbor, node);
    }
    for (const [neighbor, recipients] of hops) {
      for (const part of partsOf(recipients)) {
        const frame = this.maker.make(slot.number, RouteKind.many, 0, payload, options, part);
        if (!this.hand(neighbor, frame, options.urgent))
          for (const node of part) unsent.push({ node, reason: 'busy' });
      }
    }
    return unsent;
  }

  /** The link on the way to a node; undefined where there is no way, or none is needed. */
  nextLink(destination: NodeId): Link | undefined {
    const path = this.path(RouteKind.node, destination);
    return path.action === 'next' ? this.linkTo(path.neighbor) : undefined;
  }

  linkTo(neighbor: NodeId): Link | undefined {
    return this.neighborhood.linkTo(neighbor);
  }

  path(kind: RouteKind, destination: NodeId): RouteAction {
    if (kind === RouteKind.key) return this.context.routes.pathToKey(destination);
    if (kind === RouteKind.service) return this.context.routes.pathToService(destination);
    return destination === this.context.self.id ? localPath : this.context.routes.pathToNode(destination);
  }

  private sendTo(destination: NodeId, frame: Uint8Array, urgent: boolean): void {
    const path = this.path(RouteKind.node, destination);
    if (path.action === 'local') this.local.push(frame);
    else if (path.action === 'next') this.hand(path.neighbor, frame, urgent);
  }

  private hand(neighbor: NodeId, frame: Uint8Array, urgent = false): boolean {
    return this.neighborhood.linkTo(neighbor)?.send(frame, 0, frame.length, urgent) ?? false;
  }

  /** Delivers what this node sent to itself. True when there was something. */
  deliverLocal(): boolean {
    if (this.local.length === 0) return false;
    const frames = this.local;
    this.local = [];
    for (const bytes of frames) {
      if (this.localCursor.read(bytes, 0, bytes.length)) this.toBehavior(this.localCursor, undefined);
    }
    return true;
  }
}
