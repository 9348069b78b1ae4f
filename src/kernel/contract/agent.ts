/**
 * Agents: a behavior's, and a connection handler's, only way to act on the world.
 *
 * A part of the contracts (`../contracts.ts`). Invariant: an action takes effect in this turn or comes back as
 * another call; none waits.
 */
import type { Failure } from '../errors.ts';
import type { Instance, NodeId } from '../identity.ts';
import type { DoorAction } from './doors.ts';
import type { KernelEvent } from './events.ts';
import type { DownReason, LinkId, LinkStatistics, Neighbor, ShutOut } from './links.ts';
import type { LogLevel, Random } from './ports.ts';
import type { Directory, DropReason, Route, RoutingTable } from './routes.ts';
import type { SelfView } from './self.ts';
import type { InputOf, Shape, Verb } from './shape.ts';

/**
 * Options of every send. A payload has at most 1,015,808 bytes (992 KiB): a larger one throws a `TypeError`, except
 * in a prepared frame, where only the head of `prepare` is checked. There `sequence` and `urgent` have no effect, and
 * `traced` must not be set.
 */
export interface SendOptions {
  /** The feature's own message number, 0..255. */
  readonly type: number;
  /** The feature's own number of this frame, below 2^48; `Returned` repeats it. Default 0. */
  readonly sequence?: number;
  /** Links that the frame may pass, 1 to 255. Default 64; 1 where it is sent on one link, unrouted. */
  readonly ttl?: number;
  /** Ask to be told (`returned`) when a hop drops it. Default false. */
  readonly wantsReturn?: boolean;
  /** Record the hops. Default false. */
  readonly traced?: boolean;
  /** Ahead of queued data; order against other frames is then not kept. Default false. */
  readonly urgent?: boolean;
}

/** A frame made ahead of time: only its sequence and the end of its payload are still to come. */
export interface PreparedFrame {
  /** The node that it goes to. To this node itself every send fails with `no-route`. */
  readonly destination: NodeId;
  /** The header and the head of the payload, as they are copied into each frame. */
  readonly bytes: Uint8Array;
}

/** The same to every node that is reachable when it is sent. */
export interface PreparedBroadcast {
  /** The beginning of its payload. */
  readonly head: Uint8Array;
}

/** A recipient that a frame could not be sent to, and why. */
export interface Unsent {
  /** Id of the recipient; for a route to a key or a service, the key or the service's id. */
  readonly node: NodeId;
  /** `no-route`, or `busy` where the queue of the next link is full. */
  readonly reason: DropReason;
}

/** How long a machine has run. Setting its clock does not change it, and the time of a suspend is part of it. */
export interface Uptime {
  /** Of this run of the machine: another one has another id. */
  readonly boot: string;
  /** Since it began, in milliseconds. */
  readonly elapsedMs: number;
}

/** What both agents offer. */
interface Agent {
  /** This node. */
  readonly self: SelfView;
  /** Kernel time of this turn: monotonic milliseconds. */
  readonly now: number;
  /** Unix time of this turn in milliseconds; may jump. */
  readonly wallNow: number;
  /** Milliseconds of a clock that goes on during this turn: for how long one's own work takes. Without one it is 0. */
  clock(): number;
  /** How long the machine has run, as it says now: costs a call of the system. Undefined: unknown. */
  uptime(): Uptime | undefined;
  /** The node's source of randomness: seeded in the simulator, so behaviors use no other. */
  readonly random: Random;
  /** Routes of this node, for lookups. Only the kernel reports changes of links to it. */
  readonly routes: RoutingTable;
  /** Everything that is known of other nodes, reachable or not. */
  readonly directory: Directory;
  /** By route. Returns what could not leave (empty: all is on its way). A key or service without a route is named by its id. */
  send(route: Route, payload: Uint8Array, options: SendOptions): readonly Unsent[];
  /** On one link, unrouted. False when there is no such link or its queue is full. */
  sendOnLink(link: LinkId, payload: Uint8Array, options: SendOptions): boolean;
  /** Writes one line to the node's log. `fields` gains `feature`, the name of this behavior. */
  log(level: LogLevel, text: string, fields?: Record<string, unknown>): void;
}

/** A behavior's only way to touch the world. */
export interface BehaviorAgent<S extends Shape = Shape> extends Agent {
  /** Nodes with an open link to this one, by node id. A live view; private links are not in it. */
  readonly neighbors: ReadonlyMap<NodeId, Neighbor>;
  /** Handshakes of others with this node that are under way. */
  readonly openingCount: number;
  /** Measurements of a neighbor's link or of a private link. Undefined where this number is of neither. */
  statistics(link: LinkId): LinkStatistics | undefined;
  /**
   * Starts a dial; it ends in `links.outgoingUp` or `links.outgoingError` with the returned link.
   * @param reason This feature's own, 0 to 255; its behavior at the other end reads it. Default 0.
   * @param avoid Where the address is a name: IP addresses behind it that are not dialed, `host:port` as
   * `OutgoingError.address` gives them. Default: none.
   * @throws TypeError when it is no such number.
   */
  dial(address: string, reason?: number, avoid?: readonly string[]): LinkId;
  /**
   * Starts the dial of a link for this feature alone; it ends in `privateLinks.up` or `privateLinks.error` with the
   * returned link. @param reason As for `dial`.
   */
  dialPrivate(address: string, reason?: number): LinkId;
  /**
   * Closes a link, or ends its dial or handshake; unknown and closing links are ignored. An open link first sends what
   * is queued, for at most 1,500 ms. Its end is reported during this call. @param reason Default `closed`.
   */
  closeLink(link: LinkId, reason?: DownReason): void;
  /** Closes the link to a neighbor, as `closeLink` does. Ignored where there is none. */
  closeNode(node: NodeId, reason?: DownReason): void;
  /** Ends a `wait` of checkIncoming or checkOutgoing. */
  resolveCheck(link: LinkId, verdict: Failure | undefined): void;
  /**
   * Shuts nodes out: for those that `answer` gives a failure no link opens (the other end is sent that failure), open links
   * are closed, announcements are not believed, and frames that name them as their source are dropped. Call it again when
   * an answer has changed; undefined shuts nobody out. Behaviors answer independently of each other.
   */
  shutOut(answer: ShutOut | undefined): void;
  /** Why some behavior shuts this node out; undefined: none does. */
  whyShutOut(node: NodeId, instance: Instance | undefined): Failure | undefined;
  /** Calls `behaviorEvent` of this feature's handler on one link, during this call; ignored where there is none. */
  tellHandler(link: LinkId, event: S['toHandler']): void;
  /** Calls `behaviorEvent` of each of this feature's handlers, during this call. */
  tellHandlers(event: S['toHandler']): void;
  /** Whether hellos from now on say that this node looks for links; asked at each handshake. */
  solicits(answer: () => boolean): void;
  /** Makes a frame to one node ahead of time; `head` is the beginning of its payload. */
  prepare(destination: NodeId, head: Uint8Array, options: SendOptions): PreparedFrame;
  /** The hot path: header, head and tail are copied into the link's buffer once. Undefined: on its way. */
  sendPrepared(frame: PreparedFrame, sequence: number, tail: Uint8Array): DropReason | undefined;
  /**
   * Makes a frame to all ahead of time; `head` is the beginning of its payload. The kernel checks no size here: head and
   * tail together must fit the limit of `SendOptions`.
   */
  prepareBroadcast(head: Uint8Array, options: SendOptions): PreparedBroadcast;
  /** One copy for each next hop, made as by `sendPrepared`. Returns what could not leave. */
  sendPreparedBroadcast(frame: PreparedBroadcast, sequence: number, tail: Uint8Array): readonly Unsent[];
  /** Sends on one link a frame for `destination`, past the routing table of this node only. */
  sendVia(link: LinkId, destination: NodeId, payload: Uint8Array, options: SendOptions): boolean;
  /**
   * Sends a whole frame, made by `prepare` and `completeFrame`, by reference: its memory stays as it is until the
   * other end has it. @param via A link to take, past the routing table. Undefined: on its way.
   */
  sendFrame(frame: Uint8Array, destination: NodeId, via: LinkId | undefined): DropReason | undefined;
  /** To everybody in reach of a broadcast. */
  broadcastDatagram(bytes: Uint8Array): void;
  /** Sends a datagram to one address, `host:port`. It may be lost; over 1,400 bytes it is never sent. */
  sendDatagram(address: string, bytes: Uint8Array): void;
  /** What becomes of it comes as `door`. */
  door(action: DoorAction): void;
  /** An event of this feature for the program. */
  deliver(event: S['event']): void;
  /** Persist first: the completion comes as `store.completed` with the returned token. */
  store<V extends Verb<S['store']>>(verb: V, input: InputOf<S['store'], V>): number;
  /** The same of the node's own store: the completion comes as `store.ownCompleted`. */
  ownStore<V extends Verb<S['ownStore']>>(verb: V, input: InputOf<S['ownStore'], V>): number;
  /** Tells all behaviors. */
  emit(event: KernelEvent): void;
  /** This feature's section in the node's announcement; undefined takes it away. */
  announce(section: Uint8Array | undefined): void;
  /**
   * Adds a service to this node's announcement. @throws TypeError when the name is not 1 to 64 of `[A-Za-z0-9._-]`, or
   * the node already offers 256 services.
   */
  offerService(service: string): void;
  /** Removes a service from this node's announcement, whichever feature offered it. */
  withdrawService(service: string): void;
  /** Turns `transit` on or off for this feature. */
  snoop(on: boolean): void;
  /** Asks for one `flush` at the end of this turn. */
  flushLater(): void;
  /** Ends the node with a failure that its program is told (for example SKEIN_NAME_TAKEN). */
  fail(failure: Failure): void;
}

/** A connection handler's only way to touch the world. */
export interface ConnectionAgent<S extends Shape = Shape> extends Agent {
  /** The node at the other end of this handler's link. */
  readonly neighbor: Neighbor;
  /** On this handler's own link, unrouted. */
  sendHere(payload: Uint8Array, options: SendOptions): boolean;
  /** Calls `links.handlerEvent` of this handler's behavior, during this call. */
  tellBehavior(event: S['toBehavior']): void;
  /** To this feature's handlers on the other links; `link` picks one. */
  tellHandlers(event: S['toHandler'], link?: LinkId): void;
  /**
   * Closes this handler's link after what is queued has left, for at most 1,500 ms; `closed` is called during this
   * call. @param reason Default `closed`.
   */
  close(reason?: DownReason): void;
}
