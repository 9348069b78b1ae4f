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

export interface Behavior<S extends Shape = Shape> {
  /** Names the feature on the wire; two behaviors of one name are an error. */
  readonly name: string;
  /** What the program asks, by verb. Every command is answered once, now or later, through its reply. */
  readonly commands?: CommandHandlers<S>;
  readonly lifecycle?: LifecycleCalls<S>;
  readonly timers?: TimerCalls<S>;
  /** Read once, when the node is made: frames are many. */
  readonly frames?: FrameCalls<S>;
  readonly links?: LinkCalls<S>;
  /** Links of this feature alone. */
  readonly privateLinks?: PrivateLinkCalls<S>;
  readonly mesh?: MeshCalls<S>;
  readonly datagrams?: DatagramCalls<S>;
  readonly doors?: DoorCalls<S>;
  readonly store?: StoreCalls<S>;
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

export type CommandHandlers<S extends Shape> = {
  readonly [V in Verb<S['commands']>]: (
    agent: BehaviorAgent<S>,
    input: InputOf<S['commands'], V>,
    reply: Reply<AnswerOf<S['commands'], V>>,
  ) => void;
};

export interface RpcRequest {
  readonly verb: string;
  readonly input: unknown;
}

export interface LifecycleCalls<S extends Shape = Shape> {
  /** The first call. */
  started?(agent: BehaviorAgent<S>): void;
  /** The last call; what is sent from here still leaves. */
  stopped?(agent: BehaviorAgent<S>): void;
}

export interface TimerCalls<S extends Shape = Shape> {
  /** Each `heartbeatIntervalMs` (1 s). */
  tick?(agent: BehaviorAgent<S>, now: number, intervalMs: number): void;
  /** When this behavior next wants `deadline`; asked at the end of every turn. Infinity: never. */
  nextDeadline?(): number;
  deadline?(agent: BehaviorAgent<S>, now: number): void;
  /** The turn ends: the last chance to send what was gathered. Only after `agent.flushLater()`. */
  flush?(agent: BehaviorAgent<S>, now: number): void;
}

export interface FrameCalls<S extends Shape = Shape> {
  /** A frame of this feature that was routed here (from afar, or from this node itself: `from` is then undefined). */
  message?(agent: BehaviorAgent<S>, frame: Frame, from: Neighbor | undefined): void;
  /** A frame of this feature on its way through; only while `agent.snoop(true)`. */
  transit?(agent: BehaviorAgent<S>, frame: Frame, from: Neighbor): void;
  /** A frame of this feature could not be forwarded. */
  returned?(agent: BehaviorAgent<S>, returned: Returned): void;
}

export interface LinkCalls<S extends Shape = Shape> {
  /** Before a link that came in opens. */
  checkIncoming?(agent: BehaviorAgent<S>, neighbor: Neighbor): Verdict;
  /** Before a link that was dialed opens; the other end has said hello already. */
  checkOutgoing?(agent: BehaviorAgent<S>, neighbor: Neighbor): Verdict;
  /** A link that came in is open. Without a handler this feature's link frames on it are dropped. */
  incomingUp?(agent: BehaviorAgent<S>, neighbor: Neighbor): ConnectionHandler<S> | undefined;
  outgoingUp?(agent: BehaviorAgent<S>, neighbor: Neighbor): ConnectionHandler<S> | undefined;
  incomingDown?(agent: BehaviorAgent<S>, neighbor: Neighbor, reason: DownReason): void;
  outgoingDown?(agent: BehaviorAgent<S>, neighbor: Neighbor, reason: DownReason): void;
  /** A dial failed or was refused, whichever feature made it. */
  outgoingError?(agent: BehaviorAgent<S>, error: OutgoingError): void;
  /** One of this behavior's own handlers sends it something. */
  handlerEvent?(agent: BehaviorAgent<S>, neighbor: Neighbor, event: S['toBehavior']): void;
}

export interface MeshCalls<S extends Shape = Shape> {
  event?(agent: BehaviorAgent<S>, event: KernelEvent): void;
  /** The section of this feature in a reachable node's announcement is new or changed, or there is none any more (also when the node is gone). */
  announced?(agent: BehaviorAgent<S>, node: NodeId, section: Uint8Array | undefined): void;
}

export interface DatagramCalls<S extends Shape = Shape> {
  /** A datagram came in; true when it was this behavior's. */
  received?(agent: BehaviorAgent<S>, bytes: Uint8Array, from: string): boolean;
}

export interface DoorCalls<S extends Shape = Shape> {
  /** Of a door that this behavior acts on. */
  event?(agent: BehaviorAgent<S>, event: DoorEvent): void;
}

export interface StoreCalls<S extends Shape = Shape> {
  /** An operation of this feature is durable, or has failed. */
  completed?(agent: BehaviorAgent<S>, completion: StoreCompletion<S['store']>): void;
}

export interface DiagnosticCalls<S extends Shape = Shape> {
  /** What this feature knows of why `node` (or any other node, if undefined) is missing. */
  explain?(agent: BehaviorAgent<S>, node: string | undefined): Finding[];
  /** Counters and settings for `status`. */
  status?(): Record<string, unknown>;
}

/** The part of a behavior that lives with one link. */
export interface ConnectionHandler<S extends Shape = Shape> {
  opened?(agent: ConnectionAgent<S>): void;
  tick?(agent: ConnectionAgent<S>, now: number, intervalMs: number): void;
  /** A frame of this feature for the neighbor only (route kind link). */
  message?(agent: ConnectionAgent<S>, frame: Frame): void;
  /** After each measured round trip. */
  statistics?(agent: ConnectionAgent<S>, statistics: LinkStatistics): void;
  behaviorEvent?(agent: ConnectionAgent<S>, event: S['toHandler']): void;
  otherHandlerEvent?(agent: ConnectionAgent<S>, from: Neighbor, event: S['toHandler']): void;
  /** Called before the behavior hears that the link is down. */
  closed?(agent: ConnectionAgent<S>, reason: DownReason): void;
}
