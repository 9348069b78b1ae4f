/**
 * Messaging, as a program sees it: messages to one, some or all nodes, with receipts, and what comes.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-messaging.ts`); a part
 * of every node. Invariant: whatever is here works the same through both.
 */
import type { MessageStream, MessageSubscription, StreamOptions, WaitOptions } from '../../kit/streams.ts';
import type { Kind } from './api/kind.ts';
import type { Message, SnoopedMessage } from './api/message-types.ts';

export { type Kind, kind } from './api/kind.ts';
export { describeMessage } from './api/message-text.ts';
export type { Message, SnoopedMessage } from './api/message-types.ts';

/** Messages to one, some or all nodes, and what comes. */
export interface MessagingApi {
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
}

/** What this feature's errors say besides. */
export interface MessagingErrorDetails {
  /** Who has it, who does not, and why. */
  readonly SKEIN_UNDELIVERED: SendResult;
}

/** How a message is sent. */
export interface SendOptions<Body = unknown> extends WaitOptions {
  /** How long to wait for receipts, in milliseconds. Default: the node's `sendTimeoutMs`, 10,000. */
  readonly timeoutMs?: number;
  /** What the message is called; with a `kind()` its schema is held. Default `message`. */
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

/** A recipient that is not known to have the message. */
export interface Missing {
  /** Its name. */
  readonly node: string;
  /** Undelivered for certain, or unknown: see `MissingReason`. */
  readonly reason: MissingReason;
}

/** What became of a message. */
export interface SendResult {
  /** The message's number at this source. */
  readonly id: number;
  /** In the order in which their receipts came. */
  readonly delivered: readonly string[];
  /** The others, each with the reason. */
  readonly missing: readonly Missing[];
  /** How many have it; also where names were not asked for. */
  readonly deliveredCount: number;
  /** How many are missing. */
  readonly missingCount: number;
}

/** How the messages of a batch are sent. */
export interface BatchOptions<Body = unknown> {
  /** What the messages are called; with a `kind()` its schema is held. Default `message`. */
  readonly kind?: Kind<Body> | string;
  /** So many wait for their receipts at most: 1 to 16,384, which is all that a node sends to one. Default 1,024. */
  readonly inFlight?: number;
  /** For each message. Default: the node's send timeout. */
  readonly timeoutMs?: number;
}

/** What became of the messages of a batch so far. */
export interface BatchCounts {
  /** With their recipient for certain. */
  readonly delivered: number;
  /** Undelivered for certain, or unknown: see `reasons`. */
  readonly missing: number;
  /** Not known yet. */
  readonly underWay: number;
  /** Of the missing. */
  readonly reasons: Readonly<Partial<Record<MissingReason, number>>>;
}

/** Messages to one node, in order while the route stays. Bodies of bytes must not change until they are counted. */
export interface Batch<Body = unknown> {
  /** At this moment. */
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

/** Which messages, and how many may wait. */
export interface MessagesOptions<Body = unknown> extends StreamOptions {
  /** Only this kind. Default: all. */
  readonly kind?: Kind<Body> | string;
  /** Given and not consumed; 64 MiB of bodies in any case, of which one always fits. Default 1,024. */
  readonly bufferMessages?: number;
}
