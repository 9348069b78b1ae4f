/**
 * What a program sees: the `SkeinNode` interface and the shapes it speaks in.
 *
 * Two things implement it: a node in this process (`createNode`) and a client of a node that already
 * runs on this machine (`attach`). Invariant: whatever is here works the same through both.
 */

import type { Service } from '../features/calls/api/service.ts';
import type { Strategy } from '../features/calls/core/calls-types.ts';
import type { Pairing } from '../features/channels/api/channel.ts';
import type { BrokerView } from '../features/formation/core/formation-types.ts';
import type { Kind } from '../features/messaging/api/kind.ts';
import type { BehaviorTrouble } from '../kernel/behavior-watch.ts';
import type { ErrorCode } from '../kernel/errors.ts';

export type { Logger } from '../kit/logger.ts';

export interface SkeinNode extends Pairing, AsyncDisposable {
  readonly name: string;
  /** First 48 bits of SHA-256 of the name. */
  readonly id: number;
  readonly namespace: string;
  /** 16 hexadecimal digits, new at each start. */
  readonly instance: string;
  /** Typed events: `node.events.addEventListener('node:up', e => e.detail.name)`. */
  readonly events: NodeEventTarget;

  /**
   * Resolves when all that is asked for is there; without a condition, when this node listens.
   * @throws SkeinError SKEIN_TIMEOUT with what is missing and why; SKEIN_NAME_TAKEN; SKEIN_CLOSED.
   */
  ready(condition?: ReadyCondition): Promise<void>;

  /**
   * Sends to one or more nodes along the shortest path; one receipt per recipient, end to end.
   * A receipt means: accepted into the application's queue there. Bodies of bytes are not copied: they must not
   * change until the promise has settled (`post` copies).
   * @throws SkeinError SKEIN_UNDELIVERED (details: `SendResult`) when `require` is not met; SKEIN_SELF
   * when a recipient is this node; SKEIN_TOO_LARGE above 64 MiB; SKEIN_INVALID when the schema says no.
   */
  send<Body = unknown>(
    to: string | readonly string[],
    body: Body,
    options?: SendOptions<Body>,
  ): Promise<SendResult>;
  /** Sends to every node of the mesh but this one. With nobody there it resolves with nobody delivered. */
  broadcast<Body = unknown>(body: Body, options?: SendOptions<Body>): Promise<SendResult>;
  /** Whom a broadcast would reach now. */
  recipients(): Promise<string[]>;

  /**
   * Sends one body to one node without a receipt: nothing is known of what becomes of it, and the call
   * costs a fraction of a `send`. Synchronous. False when it could not leave (no route, or too much waits
   * for the link already): try again after `drained()`.
   * @throws TypeError for a bad name; SkeinError SKEIN_SELF, SKEIN_TOO_LARGE above 256 KiB, SKEIN_CLOSED.
   */
  post<Body = unknown>(to: string, body: Body, options?: { kind?: Kind<Body> | string }): boolean;
  /**
   * Messages to one node whose receipts are counted: the certainty of `send` without a promise for each.
   * @throws TypeError for a bad name or option; SkeinError SKEIN_SELF, SKEIN_CLOSED.
   */
  batch<Body = unknown>(to: string, options?: BatchOptions<Body>): Batch<Body>;
  /** Resolves once what was posted so far has been handed to the system (or lost with its link). */
  drained(): Promise<void>;

  /**
   * Calls `handler` for each message, in order: cheaper than iterating. While a promise that it returned
   * is pending its message counts against the buffer; what it throws or rejects with becomes a `warning`.
   */
  handle<Body = unknown>(
    handler: (message: Message<Body>) => unknown,
    options?: MessagesOptions<Body>,
  ): MessageSubscription;
  /** Messages for this node. Up to `bufferMessages` wait; then senders are told `busy`. Ends with `close()`. */
  messages<Body = unknown>(options?: MessagesOptions<Body>): MessageStream<Message<Body>>;
  /** Messages on their way through this node; never those for it. */
  snoop(options?: StreamOptions): MessageStream<SnoopedMessage>;

  /**
   * Asks one of the nodes that offer a service, this one included, and resolves with its answer. The deadline
   * travels along; work whose asker has given up is not begun, and what runs is told. A handler is called at most
   * once for a request, unless its service is idempotent and its node was lost.
   * @throws SkeinError SKEIN_NO_SERVICE when nobody in reach offers it; SKEIN_FAILED when the handler threw
   * (details: `node`, `service`, `code`, `message`); SKEIN_BUSY, SKEIN_NO_ROUTE: not carried out, for certain;
   * SKEIN_TIMEOUT (its message says what is known), SKEIN_LOST: unknown; SKEIN_ABORTED, SKEIN_INVALID,
   * SKEIN_TOO_LARGE above 960 KiB.
   */
  request<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    input: Input,
    options?: RequestOptions,
  ): Promise<Output>;
  /**
   * Offers a service: `handler` is called for each request, and what it returns, or resolves with, is the answer.
   * What it throws travels as a code (the error's `code`, where it has one) and a message.
   * @throws TypeError for arguments; SkeinError SKEIN_INVALID when this node answers that service already.
   */
  respond<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    handler: (call: Call<Input>) => Output | Promise<Output>,
    options?: RespondOptions,
  ): ServiceSubscription;

  /** The effective network as an adjacency list by name; this node is always in it. */
  topology(): Promise<Topology>;
  /** The same as Graphviz. */
  dot(): Promise<string>;
  /** What is known of the mesh's nodes; with `all`, of those out of reach too. */
  nodes(options?: { all?: boolean }): Promise<NodeInfo[]>;
  /** The names of the hops to a node, the node last. @throws SkeinError SKEIN_NO_ROUTE, SKEIN_UNKNOWN_NODE */
  route(to: string): Promise<string[]>;
  /** Why a node is missing, or (without a name) why this node is alone. */
  explain(node?: string): Promise<Explanation>;
  status(): Promise<NodeStatus>;

  /**
   * Opens a link to `host:port`, whatever its namespace and this node's degree.
   * @throws SkeinError SKEIN_SELF, SKEIN_ALREADY_CONNECTED, SKEIN_REFUSED, SKEIN_UNREACHABLE, SKEIN_TIMEOUT, SKEIN_PROTECTED
   */
  dial(address: string, options?: WaitOptions): Promise<LinkInfo>;
  /** Closes the link to a neighbor. @throws SkeinError SKEIN_NOT_LINKED */
  hangup(node: string): Promise<void>;
  /** Announces this node's record to its neighbors now. */
  announce(): Promise<void>;
  /** Changes settings while running and resolves with all of them. */
  set(settings: Partial<NodeSettings>): Promise<NodeSettings>;

  /**
   * Leaves: lets running handlers of services finish (for half of `drainMs`, default 1,500), tells everybody, sends
   * what is queued, closes. Never rejects.
   */
  close(options?: { drainMs?: number }): Promise<void>;
}

/** A node in this process: what only its own program can ask of it. */
export interface LocalNode extends SkeinNode {
  /**
   * Gives a command to one of the program's own behaviors and resolves with its answer.
   * @throws SkeinError SKEIN_INVALID when there is no such behavior, or whatever the behavior answers.
   */
  command<Answer = unknown>(behavior: string, verb: string, input?: unknown): Promise<Answer>;
  /**
   * A request that names no feature: the first of the node's behaviors that handles it answers (`Behavior.rpc`).
   * @throws SkeinError SKEIN_INVALID when none handles it, or whatever the behavior answers.
   */
  rpc<Answer = unknown>(verb: string, input?: unknown): Promise<Answer>;
  /** Ends at once, as a crash would: no goodbye, sockets are dropped. */
  kill(): void;
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ReadyCondition extends WaitOptions {
  /** Names that must be reachable. */
  readonly nodes?: readonly string[];
  /** Services that somebody must offer. */
  readonly services?: readonly string[];
  /** Reachable nodes, this one included. */
  readonly count?: number;
  /** Open links. */
  readonly links?: number;
}

export interface SendOptions<Body = unknown> extends WaitOptions {
  readonly kind?: Kind<Body> | string;
  /** Who must have it for the promise to resolve. Default `all`. */
  readonly require?: 'all' | 'any' | 'none';
  /** `all`: names; `count`: only numbers; `none`: do not wait, nothing is known. Default `all`. */
  readonly receipt?: 'all' | 'count' | 'none';
  /** Record the hops; the recipient finds them in `message.route`. Default false. */
  readonly trace?: boolean;
}

/**
 * Undelivered for certain: `no-route` (no way to it), `refused` (it does not take messages), `busy` (its
 * queue or the way to it is full). Unknown, it may have it: `timeout` (still there, did not answer in time),
 * `lost` (left or went out of reach with the message under way), `aborted` (given up by the caller).
 */
export type MissingReason = 'no-route' | 'refused' | 'busy' | 'timeout' | 'lost' | 'aborted';

export interface Missing {
  readonly node: string;
  readonly reason: MissingReason;
}

export interface SendResult {
  /** The message's number at this source. */
  readonly id: number;
  /** In the order in which their receipts came. */
  readonly delivered: readonly string[];
  readonly missing: readonly Missing[];
  readonly deliveredCount: number;
  readonly missingCount: number;
}

export interface BatchOptions<Body = unknown> {
  readonly kind?: Kind<Body> | string;
  /** So many wait for their receipts at most: 1 to 16,384, which is all that a node sends to one. Default 1,024. */
  readonly inFlight?: number;
  /** For each message. Default: the node's send timeout. */
  readonly timeoutMs?: number;
}

export interface BatchCounts {
  readonly delivered: number;
  readonly missing: number;
  /** Not known yet. */
  readonly underWay: number;
  /** Of the missing. */
  readonly reasons: Readonly<Partial<Record<MissingReason, number>>>;
}

/** Messages to one node, in order while the route stays. Bodies of bytes must not change until they are counted. */
export interface Batch<Body = unknown> {
  readonly counts: BatchCounts;
  /**
   * Synchronous. False: it was not taken, since `inFlight` messages wait for their receipts; wait for `room()`.
   * @throws SkeinError SKEIN_TOO_LARGE above 256 KiB, SKEIN_INVALID, SKEIN_CLOSED.
   */
  add(body: Body): boolean;
  /** Resolves when at most half of `inFlight` wait for their receipts. */
  room(): Promise<void>;
  /** Resolves once each message added so far is delivered or missing. @throws SkeinError SKEIN_CLOSED */
  done(): Promise<BatchCounts>;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
}

export interface MessagesOptions<Body = unknown> extends StreamOptions {
  /** Only this kind. Default: all. */
  readonly kind?: Kind<Body> | string;
  /** Given and not consumed; 64 MiB of bodies in any case, of which one always fits. Default 1,024. */
  readonly bufferMessages?: number;
}

/** A handler at work; closing it ends it. */
export interface MessageSubscription extends AsyncDisposable {
  /** Resolves once the node itself is collecting for it. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

/** An async iterable with an explicit end. Leaving the loop closes it. */
export interface MessageStream<Item> extends AsyncIterable<Item>, AsyncDisposable {
  /** Resolves once the node itself is collecting for this stream. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

export interface Message<Body = unknown> {
  /** The source's name. */
  readonly source: string;
  readonly sourceId: number;
  /** The source's instance: new at each of its starts. */
  readonly instance: string;
  /** The source's number for this message: equal (source, instance, id) is the same message. */
  readonly id: number;
  readonly command: 'message';
  readonly kind: string;
  /** The recipients this copy carried when it arrived here. */
  readonly recipients: readonly string[];
  /** The nodes it passed, source first, this one last; only where the sender asked for a trace. */
  readonly route: readonly string[] | undefined;
  readonly body: Body;
  /** One printable line. */
  toString(): string;
}

export interface SnoopedMessage {
  readonly source: string;
  readonly id: number;
  readonly kind: string;
  readonly recipients: readonly string[];
  /** The neighbor it came from. */
  readonly from: string;
  /** The whole body where it came in one frame. */
  readonly body: unknown;
  readonly bodyBytes: number;
  toString(): string;
}

export interface RequestOptions extends WaitOptions {
  /** Only this node, whether it announces the service or not. */
  readonly to?: string;
  /**
   * Which of those that offer the service. `nearest`: by hops, then round trip. `least-loaded`: as they last
   * said, and as this node has asked since. `sticky`: the same one for the same `key`, as long as it is there.
   * Default `nearest`, with a `key` `sticky`.
   */
  readonly strategy?: Strategy;
  /** For `sticky`. */
  readonly key?: string;
}

export interface RespondOptions extends StreamOptions {
  /** Handlers at work at once. Default 1,024. */
  readonly concurrency?: number;
  /** Requests that wait for one of them; beyond it askers are told busy, and ask others. Default 1,024. */
  readonly queue?: number;
}

/** A handler at work; closing it withdraws the service, and lets what runs go on. */
export type ServiceSubscription = MessageSubscription;

/** A request, as the handler that answers it sees it. */
export interface Call<Input = unknown> {
  readonly service: string;
  readonly input: Input;
  /** The asker's name. */
  readonly source: string;
  readonly sourceId: number;
  /** The asker's instance: new at each of its starts. */
  readonly instance: string;
  /** The asker's number for this request. */
  readonly id: number;
  /** What was left until the asker's deadline when it came. */
  readonly timeoutMs: number;
  /** Fires when nobody waits for the answer any more: given up, out of time, or gone. */
  readonly signal: AbortSignal;
}

/** Names to the sorted names they are linked to, both ends agreeing. */
export type Topology = Readonly<Record<string, readonly string[]>>;

export interface NodeInfo {
  readonly name: string;
  readonly id: number;
  readonly namespace: string;
  readonly instance: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly services: readonly string[];
  readonly self: boolean;
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Hops from here; undefined without a route. */
  readonly hops: number | undefined;
  /** Milliseconds since `reachable` last changed. */
  readonly forMs: number;
}

export interface LinkInfo {
  readonly node: string;
  readonly address: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly roundTripMs: number | undefined;
  readonly stalled: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly queuedBytes: number;
  readonly dropped: number;
  readonly openForMs: number;
  /** Id of the mesh key that the link was proven with; undefined on plain links. */
  readonly key: string | undefined;
}

export interface NodeSettings {
  /** Links this node tries to keep; 0 never solicits. */
  readonly degree: number;
  /** How often neighbors compare what they know (meshage: MSA period). */
  readonly syncPeriodMs: number;
  /** Default wait for receipts. */
  readonly sendTimeoutMs: number;
}

/** `key`: members only. `loopback`: no key, this machine only. `open`: no key, everybody (`insecure`). */
export interface SecurityStatus {
  readonly mode: 'key' | 'loopback' | 'open';
  /** Ids of the keys held: the first is used, all are accepted. */
  readonly keys: readonly string[];
}

export interface NodeStatus {
  readonly name: string;
  readonly id: number;
  readonly namespace: string;
  readonly instance: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly uptimeMs: number;
  readonly addresses: readonly string[];
  readonly settings: NodeSettings;
  readonly security: SecurityStatus;
  readonly links: readonly LinkInfo[];
  /** Reachable nodes, this one included. */
  readonly nodeCount: number;
  readonly services: readonly string[];
  /** Everything counted since the start, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** What each feature has to say. */
  readonly features: Readonly<Record<string, unknown>>;
  /** Behaviors that threw, or blocked the event loop for more than 50 ms. */
  readonly troubles: readonly BehaviorTrouble[];
}

export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  readonly findings: readonly { readonly code: string; readonly text: string }[];
}

export interface NodeEvents {
  'node:up': { readonly name: string; readonly id: number };
  /** Neither this nor `node:up` comes once `close()` was called. */
  'node:down': { readonly name: string; readonly id: number; readonly reason: 'lost' | 'left' };
  'link:up': { readonly node: string; readonly address: string; readonly direction: 'incoming' | 'outgoing' };
  'link:down': { readonly node: string; readonly reason: string };
  /** The formation has another broker than before, or (undefined) none that this node knows of. */
  'formation:broker': { readonly broker: BrokerView | undefined };
  /** What one of the program's own behaviors delivered. */
  behavior: { readonly behavior: string; readonly event: unknown };
  /** Something a person should know: another version, a name used twice, a refused peer. */
  warning: { readonly code: string; readonly text: string };
  /** The node has ended; with an error when it had to. */
  close: { readonly error: { readonly code: ErrorCode; readonly message: string } | undefined };
}

/** A standard EventTarget whose events are CustomEvents with a typed `detail`. */
export interface NodeEventTarget {
  addEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
  ): void;
}

export type * from './node-options.ts';
