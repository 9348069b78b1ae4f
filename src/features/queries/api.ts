/**
 * Queries, as a program sees them: questions by name to a node or to the swarm, and answers to those of others.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-queries.ts`); a part of
 * every node. Invariant: whatever is here works the same through both.
 */
import type { MessageSubscription, StreamOptions, WaitOptions } from '../../kit/streams.ts';
import type { NodeAnswers, SwarmAnswers } from './api/built-in-results.ts';

export type * from './api/built-in-results.ts';

/** The swarm as the target of a query. No node name is an object, so that none can be mistaken for it. */
export interface TheSwarm {
  /** Always true. */
  readonly swarm: true;
}

/** A node's name, or `{ swarm: true }`. */
export type QueryTarget = string | TheSwarm;

/** What queries add to a node. */
export interface QueriesNodeApi {
  /**
   * Asks a node, or with `{ swarm: true }` the broker of the swarm, by the name of a query, and resolves with the answer.
   * `services`, `service`, `stats`, `mood`, `availability`, `state` and `peers` are answered by every node and every
   * swarm; programs answer others by `queries.answer`. A query changes nothing, so it may be answered more than once on the way.
   * @throws SkeinError SKEIN_UNKNOWN_QUERY: it is not answered there; SKEIN_UNKNOWN_NODE, SKEIN_NO_ROUTE; SKEIN_FAILED:
   * a program's answer threw (details: `node`, `service`: the query's name, `code`, `message`); SKEIN_BUSY;
   * SKEIN_TIMEOUT, SKEIN_LOST, SKEIN_ABORTED; SKEIN_INVALID: an input that the query does not take; SKEIN_TOO_LARGE: an
   * input above 32 KiB, an answer above 512 KiB; SKEIN_PROTOCOL: the answer does not fit; SKEIN_REFUSED: the node is
   * closing, or its version has no queries; SKEIN_STORE, SKEIN_STORE_FULL: the swarm's store cannot be used.
   */
  query<Name extends keyof NodeAnswers>(
    target: string,
    name: Name,
    input?: unknown,
    options?: QueryOptions,
  ): Promise<NodeAnswers[Name]>;
  /** The same, of the swarm. */
  query<Name extends keyof SwarmAnswers>(
    target: TheSwarm,
    name: Name,
    input?: unknown,
    options?: QueryOptions,
  ): Promise<SwarmAnswers[Name]>;
  /** The same, of what a program answers. */
  query<Output = unknown>(
    target: QueryTarget,
    name: string,
    input?: unknown,
    options?: QueryOptions,
  ): Promise<Output>;
  /** Answers to the queries of others. */
  readonly queries: QueriesApi;
}

/** Answers to the queries of others. */
export interface QueriesApi {
  /**
   * Answers queries of this name: `handler` is called for each, and what it returns, or resolves with, is the answer: any
   * value that a message can hold. What it throws travels as a code (the error's `code`, where it has one) and a message.
   * @throws TypeError for arguments; SkeinError SKEIN_INVALID: the name is a built-in query's, or is answered already;
   * SKEIN_BUSY: 256 names are answered already.
   */
  answer<Input = unknown>(
    name: string,
    handler: (query: Query<Input>) => unknown,
    options?: AnswerOptions,
  ): MessageSubscription;
}

/** How a query is asked. */
export interface QueryOptions extends WaitOptions {
  /** How long to wait for the answer, in milliseconds; to the swarm at most 10,000. Default 10,000. */
  readonly timeoutMs?: number;
}

/** How queries are answered. */
export interface AnswerOptions extends StreamOptions {
  /** Answers at work at the same time; queries beyond are refused with SKEIN_BUSY. Default 16. */
  readonly concurrency?: number;
  /** Queries to the swarm of this name are answered too, while this node is its broker. Default false. */
  readonly swarm?: boolean;
}

/** A query, as the handler that answers it sees it. */
export interface Query<Input = unknown> {
  /** What was asked. */
  readonly name: string;
  /** What was given; null where nothing was. */
  readonly input: Input;
  /** Name of the node that asks. */
  readonly from: string;
  /** It was asked of the swarm, whose broker this node is. */
  readonly isToSwarm: boolean;
  /** What was left until the deadline when it came, in milliseconds. */
  readonly timeoutMs: number;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}
