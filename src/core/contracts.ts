/**
 * The contracts: what a behavior is, what it may do, and what the kernel needs from outside.
 *
 * Every feature of skein is a `Behavior` written against this file, and so is a user's own. A behavior
 * never touches the world: its only way out is the agent it is handed. Invariant: all calls are
 * synchronous, none may throw for what a peer sent, and everything that happens later (a link opens, a
 * store commits, a deadline passes) comes back as another call.
 */
import type { DoorAction, DoorEvent } from './doors.ts';
import type { Failure } from './errors.ts';
import type { Instance, NodeId } from './identity.ts';
import type { PrivateAgent, PrivateBehavior } from './private-contract.ts';
import type { Frame, RouteKind } from './wire/frame.ts';

// ── links ───────────────────────────────────────────────────────────────────────────────────────────

/** Numbers the links of one node; never used again while the node runs. */
export type LinkId = number;

/** Why a dial was made; the other end may hang up when the reason is over. `channel`: see `private-contract.ts`. */
export type DialPurpose = 'direct' | 'seed' | 'answer' | 'degree' | 'reunite' | 'channel';

/** The node at the other end of a link, as it said in its hello. */
export interface Neighbor {
  readonly link: LinkId;
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  /** Version text of the other program; a difference only warns. */
  readonly version: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly purpose: DialPurpose;
  /** The socket's other address, `host:port`. */
  readonly address: string;
  /** Features it runs, by name. */
  readonly features: readonly string[];
  /** It still looked for links when it said hello. */
  readonly solicits: boolean;
  /** How long it had been running when it said hello: two nodes of one name compare it, and `islandNodes`. */
  readonly uptimeMs: number;
  /** How many nodes it had reached for a while then, itself among them. */
  readonly islandNodes: number;
  readonly openedAt: number;
}

export interface LinkStatistics {
  /** Smoothed, undefined until measured. */
  readonly roundTripMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly queuedBytes: number;
  readonly dropped: number;
  readonly stalled: boolean;
  /** Id of the key that the other end has proven; undefined on plain links. */
  readonly key: string | undefined;
}

/** A dial that did not become a link. */
export interface OutgoingError {
  readonly link: LinkId;
  readonly address: string;
  readonly purpose: DialPurpose;
  readonly failure: Failure;
  /** Known once the other end has said hello. */
  readonly node: NodeId | undefined;
}

export type DownReason = 'closed' | 'silent' | 'hangup' | 'leave' | 'replaced' | 'protocol' | 'stopped';

// ── routes ──────────────────────────────────────────────────────────────────────────────────────────

export type Route =
  | { readonly to: 'node'; readonly node: NodeId }
  | { readonly to: 'key'; readonly key: NodeId }
  | { readonly to: 'service'; readonly service: string }
  | { readonly to: 'nodes'; readonly nodes: readonly NodeId[] }
  | { readonly to: 'all' };

/** `next` names the neighbor; `local` is this node; `reject` means there is no way. */
export type RouteAction =
  | { readonly action: 'reject' }
  | { readonly action: 'local' }
  | { readonly action: 'next'; readonly neighbor: NodeId };

/**
 * Decides where a frame goes. Injected into the kernel, which tells it of its own links; what else it
 * knows is its own affair (link-state in `routing/link-state.ts`).
 */
export interface RoutingTable {
  pathToNode(destination: NodeId): RouteAction;
  /** The node whose id is closest to the key. */
  pathToKey(key: NodeId): RouteAction;
  /** The best node that offers the service with this id. */
  pathToService(service: NodeId): RouteAction;
  /** The nodes that offer it, the best first; oneself among them. */
  providers(service: NodeId): readonly NodeId[];
  /** Hops to the node: 0 for oneself, Infinity where there is no way. */
  distance(destination: NodeId): number;
  /** All nodes with a route, oneself excluded. */
  reachable(): Iterable<NodeId>;
  readonly reachableCount: number;
  /** Rises whenever any answer above may have changed. */
  readonly version: number;
  /** An older life's record of the neighbor must not make the link count. */
  linkUp(neighbor: NodeId, instance: Instance): void;
  linkDown(neighbor: NodeId): void;
  /** Smoothed round trip of a link; only breaks ties. */
  roundTrip(neighbor: NodeId, milliseconds: number): void;
  /** A stalled neighbor is passed by where that cannot loop. */
  stalled(neighbor: NodeId, stalled: boolean): void;
}

/** What is known of a node, reachable or not. */
export interface NodeEntry {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly epoch: number;
  readonly sequence: number;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly links: readonly NodeId[];
  readonly services: readonly string[];
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Kernel time at which `reachable` last changed. */
  readonly since: number;
  /** Kernel time at which it last came within reach, moments without a way left out. Infinity: never. */
  readonly steadySince: number;
}

/** Read access to all that is known of nodes: what discovery dials and messages print. */
export interface Directory {
  get(id: NodeId): NodeEntry | undefined;
  entries(): Iterable<NodeEntry>;
  /** Known, and out of reach at the moment. */
  unreachable(): Iterable<NodeEntry>;
}

// ── behaviors ───────────────────────────────────────────────────────────────────────────────────────

/** Why a hop did not pass a frame on; `refused`: its recipient does not run the feature. */
export type DropReason = 'no-route' | 'ttl' | 'busy' | 'refused';

/** A frame that some hop could not forward, told to the feature that sent it. */
export interface Returned {
  readonly reason: DropReason;
  /** The hop that dropped it. */
  readonly at: NodeId;
  readonly type: number;
  readonly sequence: number;
  readonly nodes: readonly NodeId[];
}

/** What the kernel tells every behavior, whoever caused it. */
export type KernelEvent =
  | { readonly type: 'node-up'; readonly node: NodeEntry }
  | { readonly type: 'node-down'; readonly node: NodeEntry; readonly reason: 'lost' | 'left' }
  | { readonly type: 'routes-changed' }
  /** A node offers other services than before. */
  | { readonly type: 'services-changed' }
  | { readonly type: 'own-announcement-changed' }
  | { readonly type: 'sighted'; readonly sighting: Sighting }
  /** The announcement sections of a reachable node are new, changed or gone: the kernel makes it `announced` calls. */
  | {
      readonly type: 'sections-changed';
      readonly node: NodeId;
      readonly before: ReadonlyMap<string, Uint8Array>;
      readonly after: ReadonlyMap<string, Uint8Array>;
    }
  /** A neighbor has fallen silent for a moment, or speaks again. */
  | { readonly type: 'link-stalled'; readonly node: NodeId; readonly stalled: boolean }
  /** The other end of a handshake, or of a dial, said no. */
  | { readonly type: 'refused'; readonly address: string; readonly failure: Failure }
  /** Another living node of this node's own name has refused it, and stays. */
  | { readonly type: 'namesake'; readonly instance: Instance };

/** A node seen without a link: by solicitation, in the runtime folder, ... */
export interface Sighting {
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly addresses: readonly string[];
  /** Where it was seen, for `why`: `runtime folder`, `solicitation`. */
  readonly origin: string;
}

/** One line of an answer to "why": a stable code and a sentence. */
export interface Finding {
  readonly code: string;
  readonly text: string;
}

/**
 * A verdict on a link before it opens. Undefined lets it pass; a failure refuses it (the first refusal
 * wins and the other end is told); `wait` holds the handshake until `agent.resolveCheck`.
 */
export type Verdict = undefined | Failure | 'wait';

/**
 * A pluggable module of the node. Only `name` is needed; a call that is not there is not made.
 * `test/golden/behavior-calls.txt` shows when each is called.
 */
export interface Behavior<Command = never> extends PrivateBehavior {
  /** Names the feature on the wire; two behaviors of one name are an error. */
  readonly name: string;
  started?(agent: BehaviorAgent): void;
  /** The last call; what is sent from here still leaves. */
  stopped?(agent: BehaviorAgent): void;
  /** Each `heartbeatIntervalMs` (1 s). */
  tick?(agent: BehaviorAgent, now: number, intervalMs: number): void;
  /** When this behavior next wants `deadline`; asked at the end of every turn. Infinity: never. */
  nextDeadline?(): number;
  deadline?(agent: BehaviorAgent, now: number): void;
  /** A frame of this feature that was routed here (from afar, or from this node itself: `link` is then undefined). */
  message?(agent: BehaviorAgent, frame: Frame, from: Neighbor | undefined): void;
  /** A frame of this feature on its way through; only while `agent.snoop(true)`. */
  transit?(agent: BehaviorAgent, frame: Frame, from: Neighbor): void;
  /** A frame of this feature could not be forwarded. */
  returned?(agent: BehaviorAgent, returned: Returned): void;
  /** Before a link that came in opens. */
  checkIncoming?(agent: BehaviorAgent, neighbor: Neighbor): Verdict;
  /** Before a link that was dialed opens; the other end has said hello already. */
  checkOutgoing?(agent: BehaviorAgent, neighbor: Neighbor): Verdict;
  /** A link that came in is open. Without a handler this feature's link frames on it are dropped. */
  incomingUp?(agent: BehaviorAgent, neighbor: Neighbor): ConnectionHandler | undefined;
  outgoingUp?(agent: BehaviorAgent, neighbor: Neighbor): ConnectionHandler | undefined;
  incomingDown?(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void;
  outgoingDown?(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void;
  /** A dial failed or was refused, by whomever. */
  outgoingError?(agent: BehaviorAgent, error: OutgoingError): void;
  /** One of this behavior's own handlers tells it something. */
  handlerEvent?(agent: BehaviorAgent, neighbor: Neighbor, event: unknown): void;
  /** The program asks for something. Answer now or later with `agent.answer(token, ...)`; every command is answered once. */
  command?(agent: BehaviorAgent, command: Command, token: number): void;
  event?(agent: BehaviorAgent, event: KernelEvent): void;
  /** A datagram came in; true when it was this behavior's. */
  datagram?(agent: BehaviorAgent, bytes: Uint8Array, from: string): boolean;
  /** Of a door that this behavior acts on. */
  door?(agent: BehaviorAgent, event: DoorEvent): void;
  /** The section of this feature in a reachable node's announcement is new or changed, or there is none any more (also when the node is gone). */
  announced?(agent: BehaviorAgent, node: NodeId, section: Uint8Array | undefined): void;
  /** A store operation is durable, or has failed. */
  stored?(agent: BehaviorAgent, token: number, result: StoreResult): void;
  /** The turn ends: the last chance to send what was gathered. Only after `agent.flushLater()`. */
  flush?(agent: BehaviorAgent, now: number): void;
  /** What this feature knows of why `node` (or anybody, if undefined) is missing. */
  explain?(agent: BehaviorAgent, node: string | undefined): Finding[];
  /** Counters and settings for `status`. */
  status?(): Record<string, unknown>;
}

/** The part of a behavior that lives with one link. */
export interface ConnectionHandler {
  opened?(agent: ConnectionAgent): void;
  tick?(agent: ConnectionAgent, now: number, intervalMs: number): void;
  /** A frame of this feature for the neighbor only (route kind link). */
  message?(agent: ConnectionAgent, frame: Frame): void;
  /** After each measured round trip. */
  statistics?(agent: ConnectionAgent, statistics: LinkStatistics): void;
  behaviorEvent?(agent: ConnectionAgent, event: unknown): void;
  otherHandlerEvent?(agent: ConnectionAgent, from: Neighbor, event: unknown): void;
  /** Called before the behavior hears that the link is down. */
  closed?(agent: ConnectionAgent, reason: DownReason): void;
}

export interface SendOptions {
  /** The feature's own message number, 0..255. */
  readonly type: number;
  readonly sequence?: number;
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
  readonly destination: NodeId;
  readonly bytes: Uint8Array;
}

/** The same to every node that is reachable when it is sent. */
export interface PreparedBroadcast {
  /** The beginning of its payload. */
  readonly head: Uint8Array;
}

/** A recipient that a frame could not be sent to, and why. */
export interface Unsent {
  readonly node: NodeId;
  readonly reason: DropReason;
}

/** What both agents offer. */
interface Agent {
  readonly self: SelfView;
  /** Kernel time of this turn: monotonic milliseconds. */
  readonly now: number;
  /** Unix time of this turn in milliseconds; may jump. */
  readonly wallNow: number;
  readonly random: Random;
  readonly routes: RoutingTable;
  readonly directory: Directory;
  /** By route. Returns what could not leave (empty: all is on its way). A key or service without a route is named by its id. */
  send(route: Route, payload: Uint8Array, options: SendOptions): readonly Unsent[];
  /** On one link, unrouted. False when there is no such link or its queue is full. */
  sendOnLink(link: LinkId, payload: Uint8Array, options: SendOptions): boolean;
  log(level: LogLevel, text: string, fields?: Record<string, unknown>): void;
}

/** A behavior's only way to touch the world. */
export interface BehaviorAgent extends Agent, PrivateAgent {
  readonly neighbors: ReadonlyMap<NodeId, Neighbor>;
  /** Handshakes of others with this node that are under way. */
  readonly openingCount: number;
  statistics(link: LinkId): LinkStatistics | undefined;
  /** Starts a dial; it ends in `outgoingUp` or `outgoingError` with the returned link. */
  dial(address: string, purpose: DialPurpose): LinkId;
  closeLink(link: LinkId, reason?: DownReason): void;
  closeNode(node: NodeId, reason?: DownReason): void;
  /** Ends a `wait` of checkIncoming or checkOutgoing. */
  resolveCheck(link: LinkId, verdict: Failure | undefined): void;
  tellHandler(link: LinkId, event: unknown): void;
  tellHandlers(event: unknown): void;
  /** Whether hellos from now on say that this node looks for links; asked at each handshake. */
  solicits(answer: () => boolean): void;
  /** Makes a frame to one node ahead of time; `head` is the beginning of its payload. */
  prepare(destination: NodeId, head: Uint8Array, options: SendOptions): PreparedFrame;
  /** The hot path: header, head and tail are copied into the link's buffer once. Undefined: on its way. */
  sendPrepared(frame: PreparedFrame, sequence: number, tail: Uint8Array): DropReason | undefined;
  prepareBroadcast(head: Uint8Array, options: SendOptions): PreparedBroadcast;
  /** One copy for each next hop, made as by `sendPrepared`. Returns what could not leave. */
  sendPreparedBroadcast(frame: PreparedBroadcast, sequence: number, tail: Uint8Array): readonly Unsent[];
  /** Sends on one link a frame for `destination`, past the routing table of this node only. */
  sendVia(link: LinkId, destination: NodeId, payload: Uint8Array, options: SendOptions): boolean;
  /** To everybody in reach of a broadcast. */
  broadcastDatagram(bytes: Uint8Array): void;
  sendDatagram(address: string, bytes: Uint8Array): void;
  /** What becomes of it comes as `door`. */
  door(action: DoorAction): void;
  /** An event of this feature for the program. */
  deliver(event: unknown): void;
  answer(token: number, value: unknown): void;
  answerFailure(token: number, failure: Failure): void;
  /** Persist first: the completion comes as `stored` with the returned token. */
  store(operation: StoreOperation): number;
  /** Tells all behaviors. */
  emit(event: KernelEvent): void;
  /** This feature's section in the node's announcement; undefined takes it away. */
  announce(section: Uint8Array | undefined): void;
  offerService(service: string): void;
  withdrawService(service: string): void;
  /** Turns `transit` on or off for this feature. */
  snoop(on: boolean): void;
  /** Asks for one `flush` at the end of this turn. */
  flushLater(): void;
  /** Ends the node with a failure that its program is told (for example SKEIN_NAME_TAKEN). */
  fail(failure: Failure): void;
}

/** A connection handler's only way to touch the world. */
export interface ConnectionAgent extends Agent {
  readonly neighbor: Neighbor;
  /** On this handler's own link, unrouted. */
  sendHere(payload: Uint8Array, options: SendOptions): boolean;
  tellBehavior(event: unknown): void;
  /** To this feature's handlers on the other links; `link` picks one. */
  tellHandlers(event: unknown, link?: LinkId): void;
  close(reason?: DownReason): void;
}

/** Oneself, as all features see it. */
export interface SelfView {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly services: ReadonlySet<string>;
  /** Announcement sections by feature name. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** Kernel time of the start. */
  readonly startedAt: number;
}

// ── ports: what the host or the simulator puts in ───────────────────────────────────────────────────

export interface Random {
  /** In [0, 1). */
  next(): number;
  bytes(count: number): Uint8Array;
}

/**
 * The secure stage of the handshake. `proof` is made over both hellos; the dialer proves first and
 * nothing of a hello is parsed before its proof holds. Plain links prove nothing (`plainSecurity`).
 */
export interface SecureStage {
  /** Id of the key that the other end has proven to know. */
  readonly keyId: string | undefined;
  /** Of the life at the other end, which has proven to hold the private one; undefined when it has not. */
  readonly publicKey: Uint8Array | undefined;
  proof(role: 'dialer' | 'listener', dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array;
  verify(
    role: 'dialer' | 'listener',
    dialerHello: Uint8Array,
    listenerHello: Uint8Array,
    proof: Uint8Array,
  ): boolean;
}

/**
 * Signs one's own announcements and checks those of others. Provided by the host, one for each life. A life's
 * instance is `instanceOf(publicKey)`: so a record tells by itself whether its node has made it.
 */
export interface RecordSigner {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** What became of a datagram that came in. `clock`: made by a holder of the key whose clock is this far ahead. */
export type OpenedDatagram =
  | { readonly outcome: 'opened'; readonly bytes: Uint8Array }
  | { readonly outcome: 'clock'; readonly aheadMs: number; readonly bytes: Uint8Array }
  /** Not sealed at all, by another key, or taken before. */
  | { readonly outcome: 'foreign' | 'other-key' | 'replay' };

/** Closes datagrams for all but the holders of the mesh key. Provided by the host. */
export interface DatagramSeal {
  /** How many bytes a seal adds. */
  readonly overheadBytes: number;
  /** Undefined: there is no key any more. */
  seal(bytes: Uint8Array): Uint8Array | undefined;
  open(bytes: Uint8Array): OpenedDatagram;
}

/** Domain verbs of the durable store; the features that need it add theirs. */
export interface StoreOperation {
  readonly verb: string;
  readonly [field: string]: unknown;
}
export type StoreResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** Carries out store operations in order, each atomic and durable before its completion is reported. */
export interface Store {
  execute(operation: StoreOperation): Promise<unknown>;
  close(): Promise<void>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type * from './doors.ts';
export type { Frame, RouteKind };
