/**
 * What a program sees of a node: the part that every node has, and with it what each of its features adds.
 *
 * Two things implement it: a node in this process (`createNode`) and a client of a node that already runs on this
 * machine (`attach`). Invariant: whatever is here works the same through both.
 */
import type { FeatureApis, FeatureNodeEvents } from '../features/api.ts';
import type { BehaviorTrouble } from '../kernel/behavior-watch.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { AnyFeature, ApiOf } from '../kit/feature.ts';
import type { TypedEventTarget } from '../kit/streams.ts';
import type { LinkInfo } from '../kit/views.ts';
import type { ReadyCondition } from '../kit/waiting.ts';
import type { NodeSettings } from './settings.ts';

export type * from '../features/api.ts';
export type { Logger } from '../kit/logger.ts';
export type { MessageStream, MessageSubscription, StreamOptions, WaitOptions } from '../kit/streams.ts';
export type { LinkInfo, NodeInfo } from '../kit/views.ts';
export type { ReadyCondition } from '../kit/waiting.ts';
export type * from './node-options.ts';
export type { NodeSettings, SettingOptions } from './settings.ts';

/** A node: what every node has, and the api of each of skein's features. */
export interface SkeinNode extends NodeCore, FeatureApis {}

/** A node in this process: also what only its own program can ask of it. */
export interface LocalNode extends SkeinNode, LocalNodeCore {}

/** Of `node.events`. */
export interface NodeEvents extends CoreNodeEvents, FeatureNodeEvents {}

/** Where a node tells what happens: `addEventListener`, or whatever takes an EventTarget. */
export type NodeEventTarget = TypedEventTarget<NodeEvents>;

/** What every node has, whatever its features. */
export interface NodeCore extends AsyncDisposable {
  /** Unique in the mesh. A default name that proves taken gets a suffix. */
  readonly name: string;
  /** First 48 bits of SHA-256 of the name. */
  readonly id: number;
  /** Only nodes of one namespace find each other by solicitation. */
  readonly namespace: string;
  /** 16 hexadecimal digits, new at each start. */
  readonly instance: string;
  /** Typed events: `node.events.addEventListener('node:up', e => e.detail.name)`. */
  readonly events: NodeEventTarget;
  /**
   * Resolves when all that is asked for is there; without a condition, when this node listens. Waits 30 s at most,
   * unless it is told another `timeoutMs`.
   * @throws SkeinError SKEIN_TIMEOUT with what is missing and why; SKEIN_NAME_TAKEN; SKEIN_CLOSED.
   */
  ready(condition?: ReadyCondition): Promise<void>;
  /** Why a node is missing, or (without a name) why this node is alone. */
  explain(node?: string): Promise<Explanation>;
  /** What it says of itself: addresses, settings, links, counters, what each feature adds. */
  status(): Promise<NodeStatus>;
  /** Changes settings while running and resolves with all of them. */
  set(settings: Partial<NodeSettings>): Promise<NodeSettings>;
  /**
   * Leaves: lets running handlers of services and letters finish, and the broker store what became of letters (for half of
   * `drainMs`, default 1,500), tells everybody, sends what is queued, closes. Never rejects.
   */
  close(options?: { drainMs?: number }): Promise<void>;
  /**
   * The api of a feature of the program's own, given to `createNode({ features })`, here and in attached programs.
   * @throws SkeinError SKEIN_INVALID when this node was made without it.
   */
  use<F extends AnyFeature>(feature: F): ApiOf<F>;
}

/** A node in this process: what only its own program can ask of it. */
export interface LocalNodeCore {
  /** The types of `node.events`, those of its features included. */
  readonly eventTypes: readonly (keyof NodeEvents)[];
  /** Those of them that wait until somebody listens. */
  readonly awaitedEventTypes: readonly (keyof NodeEvents)[];
  /** Features of the program's own. */
  readonly added: readonly AnyFeature[];
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

/** `key`: members only. `loopback`: no key, this machine only. `open`: no key, everybody (`insecure`). */
export interface SecurityStatus {
  /** Who is let in. */
  readonly mode: 'key' | 'loopback' | 'open';
  /** Ids of the keys held: the first is used, all are accepted. */
  readonly keys: readonly string[];
}

/** What a node says of itself. */
export interface NodeStatus {
  /** Unique in the mesh. */
  readonly name: string;
  /** First 48 bits of SHA-256 of the name. */
  readonly id: number;
  /** Only nodes of one namespace find each other by solicitation. */
  readonly namespace: string;
  /** 16 hexadecimal digits, new at each start. */
  readonly instance: string;
  /** Compared with the neighbors'. */
  readonly version: string;
  /** Its process; undefined in the simulator. */
  readonly pid: number | undefined;
  /** Milliseconds since its start. */
  readonly uptimeMs: number;
  /** Told to others, `host:port` each. */
  readonly addresses: readonly string[];
  /** Those that may change while it runs. */
  readonly settings: NodeSettings;
  /** Who is let in. */
  readonly security: SecurityStatus;
  /** To its neighbors. */
  readonly links: readonly LinkInfo[];
  /** Reachable nodes, this one included. */
  readonly nodeCount: number;
  /** What it offers. */
  readonly services: readonly string[];
  /** Everything counted since the start, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** What each feature has to say. */
  readonly features: Readonly<Record<string, unknown>>;
  /** Behaviors that threw, or blocked the event loop for more than 50 ms. */
  readonly troubles: readonly BehaviorTrouble[];
  /** What endangers the stores of the node, the latest of each; empty: nothing was noticed since the start. */
  readonly warnings: readonly HostWarning[];
}

/** What a node's machine was warned of, as its log has it. */
export interface HostWarning {
  /** When it was noticed last: Unix milliseconds. */
  readonly at: number;
  /** One sentence. */
  readonly text: string;
}

/** Why a node is missing, or alone. */
export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  /** What was found, the most likely reason first; `code` is stable. */
  readonly findings: readonly { readonly code: string; readonly text: string }[];
}

/** What is known of the time in which an attached program had no node. */
export interface Gap {
  /** When the connection was lost: Unix time in milliseconds. */
  readonly since: number;
  /** How long there was none, in milliseconds. */
  readonly forMs: number;
  /** The node was restarted: what it had accepted for this program before is lost. */
  readonly restarted: boolean;
  /** Calls that were under way: what became of them is unknown. */
  readonly unansweredCalls: number;
  /**
   * What the node had taken for this program's streams (messages with their receipts, requests, events) and that never
   * came, by operation. Empty: nothing. Undefined: unknown, since the node was restarted.
   */
  readonly missed: readonly { readonly operation: string; readonly count: number }[] | undefined;
}

/** What every node tells, whatever its features. */
export interface CoreNodeEvents {
  /** A node is in reach. */
  'node:up': { readonly name: string; readonly id: number };
  /** Neither this nor `node:up` comes once `close()` was called. */
  'node:down': { readonly name: string; readonly id: number; readonly reason: 'lost' | 'left' };
  /** A link is open. */
  'link:up': { readonly node: string; readonly address: string; readonly direction: 'incoming' | 'outgoing' };
  /** A link is gone. */
  'link:down': { readonly node: string; readonly reason: string };
  /** What one of the program's own behaviors delivered. */
  behavior: { readonly behavior: string; readonly event: unknown };
  /** Something a person should know: another version, a name used twice, a refused peer. */
  warning: { readonly code: string; readonly text: string };
  /**
   * Of a program that is attached with `reconnect`: it had no node for a while. Comes once for each time, before
   * anything that came after it.
   */
  gap: Gap;
  /** The node has ended; with an error when it had to. */
  close: { readonly error: { readonly code: ErrorCode; readonly message: string } | undefined };
}
