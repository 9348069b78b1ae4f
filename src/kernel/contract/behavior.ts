/**
 * The behavior contract: what the kernel calls, grouped by what the calls serve.
 *
 * A part of the contracts (`../contracts.ts`). Every feature of skein is a `Behavior`, and so is a user's own. Only
 * `name` is required; a call that is not there is not made. `test/golden/behavior-calls.txt` shows when each is made.
 * Invariant: all calls are synchronous, none may throw for what a peer sent, and everything that happens later (a
 * link opens, a store commits, a deadline passes) comes back as another call.
 */
import type { NodeId } from '../identity.ts';
import type { Frame } from '../wire/frame.ts';
import type { BehaviorAgent, ConnectionAgent } from './agent.ts';
import type { DoorEvent } from './doors.ts';
import type { Finding, KernelEvent } from './events.ts';
import type { DownReason, LinkStatistics, Neighbor, OutgoingError, Verdict } from './links.ts';
import type { PrivateLinkCalls } from './private-links.ts';
import type { Returned } from './routes.ts';
import type { AnswerOf, InputOf, Reply, Shape, Verb } from './shape.ts';
import type { StoreCompletion } from './store.ts';

/**
 * A feature as the kernel sees it: a name and the calls that it wants. Only `name` is required. All calls are
 * synchronous. What one throws is logged; after 100 exceptions within a minute the behavior is not called again.
 */
export interface Behavior<S extends Shape = Shape> {
  /** Names the feature on the wire; two behaviors of one name are an error. */
  readonly name: string;
  /** What the program asks, by verb. Every command is answered once, now or later, through its reply. */
  readonly commands?: CommandHandlers<S>;
  /** The start and the stop of the node. */
  readonly lifecycle?: LifecycleCalls<S>;
  /** Ticks, deadlines and the end of the turn. */
  readonly timers?: TimerCalls<S>;
  /** Read once, when the node is made: frames are many. */
  readonly frames?: FrameCalls<S>;
  /** Links to neighbors: the checks before one opens, and its beginning and end. */
  readonly links?: LinkCalls<S>;
  /** Links of this feature alone. */
  readonly privateLinks?: PrivateLinkCalls<S>;
  /** What happens in the mesh: nodes, routes and announcements. */
  readonly mesh?: MeshCalls<S>;
  /** Datagrams that came in. */
  readonly datagrams?: DatagramCalls<S>;
  /** What became of `agent.door`, and what programs that came by a door do. */
  readonly doors?: DoorCalls<S>;
  /** Completions of `agent.store` and `agent.ownStore`. */
  readonly store?: StoreCalls<S>;
  /** What this feature adds to `why` and `status`. */
  readonly diagnostics?: DiagnosticCalls<S>;
  /**
   * A request that names no feature: behaviors are asked in order until one handles it. True: handled, the reply is
   * given now or later. False: not handled, the reply must not be used.
   */
  rpc?(agent: BehaviorAgent<S>, request: RpcRequest, reply: Reply<unknown>): boolean;
}

/** A behavior of whatever shape: what lists and registries hold. */
// biome-ignore lint/suspicious/noExplicitAny: a list of behaviors has no single shape; each was checked where it was written
export type AnyBehavior = Behavior<any>;

/**
 * One function for each command of the shape, by verb. It answers through `reply`, during the call or later. When it
 * throws, the command fails with SKEIN_FAILED.
 */
export type CommandHandlers<S extends Shape> = {
  readonly [V in Verb<S['commands']>]: (
    agent: BehaviorAgent<S>,
    input: InputOf<S['commands'], V>,
    reply: Reply<AnswerOf<S['commands'], V>>,
  ) => void;
};

/** A request that names no feature. */
export interface RpcRequest {
  /** What is asked for. The first behavior that knows it handles the request. */
  readonly verb: string;
  /** The program's input, unchecked. */
  readonly input: unknown;
}

/** Calls at the start and the stop of the node. */
export interface LifecycleCalls<S extends Shape = Shape> {
  /** The first call. */
  started?(agent: BehaviorAgent<S>): void;
  /** The node begins to end: what is sent from here still leaves. After it come only ends of links and what they hold. */
  stopped?(agent: BehaviorAgent<S>): void;
}

/** Calls by time. `now` is kernel time, monotonic milliseconds. */
export interface TimerCalls<S extends Shape = Shape> {
  /** Each `heartbeatIntervalMs` (1 s). */
  tick?(agent: BehaviorAgent<S>, now: number, intervalMs: number): void;
  /** When this behavior next wants `deadline`; asked at the end of a turn in which the behavior was called. Infinity: never. */
  nextDeadline?(): number;
  /**
   * The time that `nextDeadline` returned has come. While `nextDeadline` still names a time that has passed, the call is
   * repeated after 10 ms.
   */
  deadline?(agent: BehaviorAgent<S>, now: number): void;
  /** The turn ends: the last chance to send what was gathered. Only after `agent.flushLater()`. */
  flush?(agent: BehaviorAgent<S>, now: number): void;
}

/**
 * Calls for routed frames of this feature; those of route kind link go to its connection handlers. A `Frame` is a
 * cursor of the kernel: read it during the call, keep neither it nor its payload.
 */
export interface FrameCalls<S extends Shape = Shape> {
  /** A frame of this feature that was routed here (from afar, or from this node itself: `from` is then undefined). */
  message?(agent: BehaviorAgent<S>, frame: Frame, from: Neighbor | undefined): void;
  /** A frame of this feature on its way through; only while `agent.snoop(true)`. */
  transit?(agent: BehaviorAgent<S>, frame: Frame, from: Neighbor): void;
  /** A frame of this feature could not be forwarded. */
  returned?(agent: BehaviorAgent<S>, returned: Returned): void;
}

/** Calls for links to neighbors, whichever feature dialed them; private links are not among them. */
export interface LinkCalls<S extends Shape = Shape> {
  /** Before a link that came in opens. */
  checkIncoming?(agent: BehaviorAgent<S>, neighbor: Neighbor): Verdict;
  /** Before a link that was dialed opens; the other end has said hello already. */
  checkOutgoing?(agent: BehaviorAgent<S>, neighbor: Neighbor): Verdict;
  /** A link that came in is open. Without a handler this feature's link frames on it are dropped. */
  incomingUp?(agent: BehaviorAgent<S>, neighbor: Neighbor): ConnectionHandler<S> | undefined;
  /** A link that this node dialed is open. Without a handler this feature's link frames on it are dropped. */
  outgoingUp?(agent: BehaviorAgent<S>, neighbor: Neighbor): ConnectionHandler<S> | undefined;
  /** A link that came in has ended. The neighbor is no longer in `agent.neighbors`. */
  incomingDown?(agent: BehaviorAgent<S>, neighbor: Neighbor, reason: DownReason): void;
  /** A link that this node dialed has ended. The neighbor is no longer in `agent.neighbors`. */
  outgoingDown?(agent: BehaviorAgent<S>, neighbor: Neighbor, reason: DownReason): void;
  /** A dial failed or was refused, whichever feature made it. */
  outgoingError?(agent: BehaviorAgent<S>, error: OutgoingError): void;
  /** One of this behavior's own handlers sends it something. */
  handlerEvent?(agent: BehaviorAgent<S>, neighbor: Neighbor, event: S['toBehavior']): void;
}

/** Calls for what happens in the mesh. */
export interface MeshCalls<S extends Shape = Shape> {
  /** An event for every behavior, from the kernel or from a behavior (`agent.emit`), this one included. */
  event?(agent: BehaviorAgent<S>, event: KernelEvent): void;
  /** The section of this feature in a reachable node's announcement is new or changed, or there is none any more (also when the node is gone). */
  announced?(agent: BehaviorAgent<S>, node: NodeId, section: Uint8Array | undefined): void;
}

/** Calls for datagrams that came in. */
export interface DatagramCalls<S extends Shape = Shape> {
  /** A datagram came in; true when it was this behavior's. */
  received?(agent: BehaviorAgent<S>, bytes: Uint8Array, from: string): boolean;
}

/** Calls for doors. */
export interface DoorCalls<S extends Shape = Shape> {
  /** Of a door that this behavior acts on. */
  event?(agent: BehaviorAgent<S>, event: DoorEvent): void;
}

/** Calls for the durable store. */
export interface StoreCalls<S extends Shape = Shape> {
  /** An operation of this feature is durable, or has failed. */
  completed?(agent: BehaviorAgent<S>, completion: StoreCompletion<S['store']>): void;
  /** The same of an operation on the node's own store. */
  ownCompleted?(agent: BehaviorAgent<S>, completion: StoreCompletion<S['ownStore']>): void;
}

/** Calls that collect what people are shown. They change nothing. */
export interface DiagnosticCalls<S extends Shape = Shape> {
  /** What this feature knows of why `node` (or any other node, if undefined) is missing. */
  explain?(agent: BehaviorAgent<S>, node: string | undefined): Finding[];
  /** Counters and settings for `status`. */
  status?(): Record<string, unknown>;
}

/** The part of a behavior that lives with one link. */
export interface ConnectionHandler<S extends Shape = Shape> {
  /** Called once, right after the behavior returned this handler from `incomingUp` or `outgoingUp`. */
  opened?(agent: ConnectionAgent<S>): void;
  /** Each `intervalMs` (1,000 ms), right after the tick of the behavior. `now` is kernel time in milliseconds. */
  tick?(agent: ConnectionAgent<S>, now: number, intervalMs: number): void;
  /** A frame of this feature for the neighbor only (route kind link). */
  message?(agent: ConnectionAgent<S>, frame: Frame): void;
  /** After each measured round trip. */
  statistics?(agent: ConnectionAgent<S>, statistics: LinkStatistics): void;
  /** The behavior has called `tellHandler` or `tellHandlers`. */
  behaviorEvent?(agent: ConnectionAgent<S>, event: S['toHandler']): void;
  /** This feature's handler on the link to `from` has called `tellHandlers`. */
  otherHandlerEvent?(agent: ConnectionAgent<S>, from: Neighbor, event: S['toHandler']): void;
  /** Called before the behavior hears that the link is down. */
  closed?(agent: ConnectionAgent<S>, reason: DownReason): void;
}
