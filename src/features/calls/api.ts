/**
 * Calls, as a program sees them: asking a service wherever it is offered, and answering for one.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-calls.ts`); a part of
 * every node. Invariant: whatever is here works the same through both.
 */
import type { MessageSubscription, StreamOptions, WaitOptions } from '../../kit/streams.ts';
import type { Service } from './api/service.ts';
import type { Strategy } from './core/calls-types.ts';

export { type Service, type ServiceOptions, service } from './api/service.ts';
export type { Strategy } from './core/calls-types.ts';

/** Asking a service wherever it is offered, and answering for one. */
export interface CallsApi {
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
}

/** What this feature's errors say besides. */
export interface CallsErrorDetails {
  /** What the handler threw; undefined where it was no handler that failed. */
  readonly SKEIN_FAILED: FailedCall | undefined;
}

/** A handler threw. */
export interface FailedCall {
  /** Where it ran. */
  readonly node: string;
  /** What was asked. */
  readonly service: string;
  /** The `code` of what it threw; empty where that has none. */
  readonly code: string;
  /** The message of what it threw. */
  readonly message: string;
}

/** How a service is asked. */
export interface RequestOptions extends WaitOptions {
  /** How long to wait for the answer, in milliseconds; the handler is told. Default 10,000. */
  readonly timeoutMs?: number;
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

/** How a service is offered. */
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
  /** What was asked. */
  readonly service: string;
  /** What was given. */
  readonly input: Input;
  /** The asker's name. */
  readonly from: string;
  /** The asker's id: the first 48 bits of SHA-256 of its name. */
  readonly fromId: number;
  /** The asker's instance: new at each of its starts. */
  readonly instance: string;
  /** The asker's number for this request. */
  readonly id: number;
  /** What was left until the asker's deadline when it came. */
  readonly timeoutMs: number;
  /** Fires when nobody waits for the answer any more: given up, out of time, or gone. */
  readonly signal: AbortSignal;
}
