/**
 * Frames made ahead of time, to one node or to all: what is the same in each is made once.
 *
 * Who calls it: the agents; it is the hot path of everything that sends by the thousand. Invariant: which links
 * a prepared frame takes is found out once per change of the routes, never once per frame.
 */
import type { Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DropReason, PreparedBroadcast, PreparedFrame, SendOptions, Unsent } from './contracts.ts';
import type { Forwarder } from './forwarder.ts';
import type { FrameMaker } from './frame-maker.ts';
import type { NodeId } from './identity.ts';
import type { Link } from './link/link.ts';
import { addTo, type Groups, partsOf } from './recipients.ts';
import { encodeFrame, RouteKind } from './wire/frame.ts';

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

export class PreparedFrames {
  private readonly context: Context;
  private readonly forwarder: Forwarder;
  private readonly maker: FrameMaker;

  constructor(context: Context, forwarder: Forwarder, maker: FrameMaker) {
    this.context = context;
    this.forwarder = forwarder;
    this.maker = maker;
  }

  prepare(slot: Slot, destination: NodeId, head: Uint8Array, options: SendOptions): PreparedFrame {
    checkUntraced(options);
    const bytes = this.maker.make(slot.number, RouteKind.node, destination, head, options);
    const prepared: Prepared = { destination, bytes, link: undefined, version: -1 };
    return prepared;
  }

  /** Three map look-ups per frame were a fifth of the cost. */
  send(frame: PreparedFrame, sequence: number, tail: Uint8Array): DropReason | undefined {
    const prepared = frame as Prepared;
    const { version } = this.context.routes;
    if (prepared.version !== version || prepared.link?.isOpen !== true) {
      prepared.link = this.forwarder.nextLink(frame.destination);
      prepared.version = version;
      if (prepared.link === undefined) return 'no-route';
    }
    return prepared.link.sendPrepared(frame.bytes, sequence, tail) ? undefined : 'busy';
  }

  prepareBroadcast(slot: Slot, head: Uint8Array, options: SendOptions): PreparedBroadcast {
    checkUntraced(options);
    const broadcast: Broadcast = { slot, head, options, hops: [], version: -1 };
    return broadcast;
  }

  sendBroadcast(frame: PreparedBroadcast, sequence: number, tail: Uint8Array): readonly Unsent[] {
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
    const groups: Groups = new Map();
    for (const node of this.context.routes.reachable()) {
      const path = this.forwarder.path(RouteKind.node, node);
      if (path.action === 'next') addTo(groups, path.neighbor, node);
    }
    const header = this.maker.header(slot.number, RouteKind.many, 0, options);
    return [...groups].flatMap(([neighbor, recipients]) => {
      const link = this.forwarder.linkTo(neighbor);
      if (link === undefined) return [];
      return partsOf(recipients).map((nodes) => ({ link, nodes, bytes: encodeFrame(header, head, nodes) }));
    });
  }
}

/** A trace grows at the end of a frame, where the tail of a prepared one goes. */
function checkUntraced({ traced }: SendOptions): void {
  if (traced === true) throw new TypeError('traced: a prepared frame cannot record its hops; use send');
}
