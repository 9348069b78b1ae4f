/** What calls and the program say to each other: requests and answers in, outcomes and work out. */
import type { Shape } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';

/**
 * Which of the nodes that offer a service is asked: the nearest (hops, then round trip), the one with the least
 * under way (as it last said, and as this node has asked since), any, each in turn, or always the same one for
 * the same key.
 */
export type Strategy = 'nearest' | 'least-loaded' | 'random' | 'round-robin' | 'sticky';

export const strategies: readonly Strategy[] = ['nearest', 'least-loaded', 'random', 'round-robin', 'sticky'];

export interface Request {
  readonly service: string;
  readonly encoding: number;
  /** Kept until the call is resolved: it may have to be sent again. */
  readonly input: Uint8Array;
  readonly timeoutMs: number;
  /** Only this node, whether it announces the service or not. */
  readonly to: NodeId | undefined;
  readonly strategy: Strategy;
  /** For `sticky`. */
  readonly key: string;
  /** Whoever may have begun and is lost need not keep another from being asked. */
  readonly idempotent: boolean;
}

export interface Output {
  readonly encoding: number;
  /** A view into the received chunk (64 KiB at most): whoever keeps little of it for long should copy. */
  readonly bytes: Uint8Array;
}

/** How a call ended; `handle` is what the program gave with it. */
export interface Outcome {
  readonly handle: unknown;
  readonly output: Output | undefined;
  readonly failure: Failure | undefined;
}

/** A request that was taken here, from the moment it came until its asker has the answer. */
export interface Execution {
  readonly source: NodeId;
  /** First 48 bits of the source's instance. */
  readonly life: number;
  /** The instance's last 16 bits. */
  readonly lifeTail: number;
  /** The call's number at its source. */
  readonly number: number;
  readonly service: string;
  readonly encoding: number;
  readonly input: Uint8Array;
  /** Kernel time. */
  readonly deadline: number;
  /** For whoever carries it out: the core only keeps it. */
  handle: unknown;
}

export interface ServeOptions {
  /** Handlers at work at once. */
  readonly concurrency: number;
  /** Requests that wait for one of them; beyond it askers are told `busy`. */
  readonly queue: number;
}

export type CallsEvent =
  /** All of one turn. */
  | { readonly type: 'outcomes'; readonly outcomes: readonly Outcome[] }
  /** To be carried out now; each ends in one `Responder.answer`. */
  | { readonly type: 'executions'; readonly executions: readonly Execution[] }
  /** Nobody waits for these any more. */
  | { readonly type: 'cancelled'; readonly executions: readonly Execution[] };

/** What is called for each request (`Asker.call`, `Responder.answer`) goes past commands. */
export interface CallsShape extends Shape {
  readonly commands: {
    serve(offer: { readonly service: string } & ServeOptions): void;
    unserve(service: string): void;
  };
  readonly event: CallsEvent;
}

/** The code of what was thrown without one. */
export const codeOfNone = 'ERROR';
