/**
 * Where frames go: to a behavior here, to the next hop, or back as undeliverable.
 *
 * Who calls it: the kernel for each frame that arrives and the agents for each that starts here.
 * Invariant: every forwarded frame has one hop less than before; a frame never leaves by the neighbor it
 * came from; a frame that is dropped is counted, and told to its source where that was asked for.
 */
import type { Behaviors, Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type {
  DropReason,
  LinkId,
  Neighbor,
  PreparedBroadcast,
  PreparedFrame,
  Route,
  RouteAction,
  SendOptions,
  Unsent,
} from './contracts.ts';
import { idOf, type NodeId } from './identity.ts';
import { limits } from './limits.ts';
import type { Link } from './link/link.ts';
import type { Neighborhood } from './neighborhood.ts';
import { encodeFrame, Flag, Frame, type Header, RouteKind, withHop, withRecipients } from './wire/frame.ts';
import { decodeReturned, encodeReturned } from './wire/returned.ts';

/** A prepared frame, and the link that it takes while the routes stay as they are. */
interface Prepared extends PreparedFrame {
  link: Link | undefined;
  version: number;
}

/** A frame to all: for each next hop its link and the frame's beginning, recipients and all. */
interface Broadcast extends PreparedBroadcast {
  readonly slot: Slot;
  readonly options: SendOptions;
  hops: readonly BroadcastHop[];
  version: number;
}

interface BroadcastHop {
  readonly link: Link;
  readonly bytes: Uint8Array;
  readonly nodes: readonly NodeId[];
}

const noneUnsent: readonly Unsent[] = [];

export class Forwarder {
  private readonly context: Context;
  private readonly neighborhood: Neighborhood;
  private readonly behaviors: Behaviors;
  /** Frames of this node for itself: delivered at the end of the turn, so that no behavior calls itself. */
  private local: Uint8Array[] = [];
  private lastSlot: Slot | undefined;
  private readonly touched = new Set<Slot>();
  private readonly localCursor = new Frame();

  constructor(context: Context, neighborhood: Neighborhood, behaviors: Behaviors) {
    this.context = context;
    this.neighborhood = neighborhood;
    this.behaviors = behaviors;
  }

  // ── frames that arrive ────────────────────────────────────────────────────────────────────────────

  arrived(frame: Frame, from: Neighbor): void {
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
      slot.behavior.frames?.message?.(slot.agent, frame, from);
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
    const hops = new Map<NodeId, NodeId[]>();
    const lost: NodeId[] = [];
    let local = false;
    const count = frame.recipientCount;
    for (let i = 0; i < count; i++) {
      const recipient = frame.recipient(i);
      const path = recipient === this.context.self.id ? localPath : this.context.routes.pathToNode(recipient);
      if (path.action === 'local') local = true;
      else if (path.action === 'reject' || path.neighbor === from.id) lost.push(recipient);
      else append(hops, path.neighbor, recipient);
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
    const header = this.header(
      RouteKind.node,
      frame.source,
      frame.feature,
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

  /** @throws TypeError when the frame would be over the limit: a behavior must split what it sends. */
  frameFor(
    slot: Slot,
    kind: RouteKind,
    destination: NodeId,
    payload: Uint8Array,
    options: SendOptions,
  ): Uint8Array {
    checkSize(payload);
    return encodeFrame(this.header(kind, destination, slot.number, options), traceRoom(payload, options));
  }

  /** The link is looked up once per change of the routes, not once per frame: three map look-ups were a fifth of the cost. */
  sendPrepared(frame: PreparedFrame, sequence: number, tail: Uint8Array): DropReason | undefined {
    const prepared = frame as Prepared;
    const { version } = this.context.routes;
    if (prepared.version !== version || prepared.link?.isOpen !== true) {
      const path = this.path(RouteKind.node, frame.destination);
      prepared.link = path.action === 'next' ? this.neighborhood.linkTo(path.neighbor) : undefined;
      prepared.version = version;
      if (prepared.link === undefined) return 'no-route';
    }
    return prepared.link.sendPrepared(frame.bytes, sequence, tail) ? undefined : 'busy';
  }

  prepare(slot: Slot, destination: NodeId, head: Uint8Array, options: SendOptions): PreparedFrame {
    const bytes = this.frameFor(slot, RouteKind.node, destination, head, options);
    const prepared: Prepared = { destination, bytes, link: undefined, version: -1 };
    return prepared;
  }

  /** As it is, by the given link or by the next hop. */
  sendFrame(frame: Uint8Array, destination: NodeId, via: LinkId | undefined): DropReason | undefined {
    let link = via === undefined ? undefined : this.neighborhood.linkOf(via);
    if (via === undefined) {
      const path = this.path(RouteKind.node, destination);
      link = path.action === 'next' ? this.neighborhood.linkTo(path.neighbor) : undefined;
    }
    if (link === undefined) return 'no-route';
    return link.send(frame, 0, frame.length) ? undefined : 'busy';
  }

  prepareBroadcast(slot: Slot, head: Uint8Array, options: SendOptions): PreparedBroadcast {
    const broadcast: Broadcast = { slot, head, options, hops: [], version: -1 };
    return broadcast;
  }

  /** Who goes by which link is found out once per change of the routes, not once per frame. */
  sendPreparedBroadcast(frame: PreparedBroadcast, sequence: number, tail: Uint8Array): readonly Unsent[] {
    const broadcast = frame as Broadcast;
    const { version } = this.context.routes;
    if (broadcast.version !== version || broadcast.hops.some(({ link }) => !link.isOpen)) {
      broadcast.hops = this.hopsToAll(broadcast);
      broadcast.version = version;
    }
    let unsent = noneUnsent;
    for (const { link, bytes, nodes } of broadcast.hops) {
      if (link.sendPrepared(bytes, sequence, tail)) continue;
      unsent = [...unsent, ...nodes.map((node): Unsent => ({ node, reason: 'busy' }))];
    }
    return unsent;
  }

  private hopsToAll({ slot, head, options }: Broadcast): BroadcastHop[] {
    const groups = new Map<NodeId, NodeId[]>();
    for (const node of this.context.routes.reachable()) {
      const path = this.path(RouteKind.node, node);
      if (path.action === 'next') append(groups, path.neighbor, node);
    }
    const header = this.header(RouteKind.many, 0, slot.number, options);
    return [...groups].flatMap(([neighbor, recipients]) => {
      const link = this.neighborhood.linkTo(neighbor);
      if (link === undefined) return [];
      return partsOf(recipients).map((nodes) => ({ link, nodes, bytes: encodeFrame(header, head, nodes) }));
    });
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
    const frame = this.frameFor(slot, kind, destination, payload, options);
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
    const hops = new Map<NodeId, NodeId[]>();
    for (const node of nodes) {
      const path = this.path(RouteKind.node, node);
      if (path.action === 'reject') unsent.push({ node, reason: 'no-route' });
      else if (path.action === 'local')
        this.local.push(this.frameFor(slot, RouteKind.node, node, payload, options));
      else append(hops, path.neighbor, node);
    }
    for (const [neighbor, recipients] of hops) {
      for (const part of partsOf(recipients)) {
        const header = this.header(RouteKind.many, 0, slot.number, options);
        const frame = encodeFrame(header, traceRoom(payload, options), part);
        if (!this.hand(neighbor, frame, options.urgent))
          for (const node of part) unsent.push({ node, reason: 'busy' });
      }
    }
    return unsent;
  }

  private path(kind: RouteKind, destination: NodeId): RouteAction {
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

  private header(
    kind: RouteKind,
    destination: NodeId,
    feature: number,
    options: SendOptions,
    extraFlags = 0,
  ): Header {
    const flags =
      (options.wantsReturn === true ? Flag.wantsReturn : 0) |
      (options.traced === true ? Flag.traced : 0) |
      extraFlags;
    const source = this.context.self.id;
    const { type, sequence = 0, ttl = limits.ttlHops } = options;
    return { kind, type, feature, destination, source, sequence, flags, ttl };
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

/** Header, recipients and trace must fit besides. */
const payloadBytesMax = limits.frameBytesMax - 32 * 1024;
const localPath: RouteAction = { action: 'local' };

function append(groups: Map<NodeId, NodeId[]>, key: NodeId, value: NodeId): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}

/** As many as one frame may carry. */
function partsOf(recipients: readonly NodeId[]): (readonly NodeId[])[] {
  const { recipientsPerFrameMax: most } = limits;
  if (recipients.length <= most) return [recipients];
  const count = Math.ceil(recipients.length / most);
  return Array.from({ length: count }, (_, i) => recipients.slice(i * most, (i + 1) * most));
}

function checkSize(payload: Uint8Array): void {
  if (payload.length <= payloadBytesMax) return;
  throw new TypeError(`a payload of ${payload.length} bytes is over the limit of ${payloadBytesMax}`);
}

/** A traced frame ends in the count of its hops, which is none at the source. */
function traceRoom(payload: Uint8Array, options: SendOptions): Uint8Array {
  if (options.traced !== true) return payload;
  const bytes = new Uint8Array(payload.length + 1);
  bytes.set(payload);
  return bytes;
}
