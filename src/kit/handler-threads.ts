/**
 * Handlers that are modules, each call of which has a thread to itself: what a platform that has threads offers to features.
 *
 * Asked for with `NodePorts.platformPart(handlerThreadsPart)`, or `Session.platformPart` in an attached program. Invariant: a
 * call settles once, also where its thread dies, or goes on though its signal has fired.
 */
import type { BodyEncoding } from './codec.ts';

/** The name under which a platform offers `HandlerThreads`. */
export const handlerThreadsPart = 'handler-threads';

export interface HandlerThreads {
  /**
   * @param module Path of a file, from the working directory, or a `file:` URL. Its default export is the handler.
   * @param graceMs A thread that goes on for so long after its signal has fired is ended.
   * @throws SkeinError SKEIN_INVALID: there is no such file. TypeError: it is no path and no such URL.
   */
  open(module: string | URL, graceMs: number): HandlerModule;
}

export interface HandlerModule {
  /** Rejects with why it cannot be loaded, or that its default export is no function. */
  readonly loaded: Promise<void>;
  /** Rejects with what the handler throws, or with why its thread has ended. */
  run(call: ThreadCall): Promise<EncodedBody>;
  /** Threads end once they have nothing to do. */
  close(): void;
}

/** What the handler is given, and what it says before it returns. */
export interface ThreadCall {
  /** Fields of its argument, besides `input`, `signal` and `progress`. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly input: unknown;
  readonly signal: AbortSignal;
  progress(share: number, note: string): void;
}

/** As `encodeBody` makes it. */
export interface EncodedBody {
  readonly encoding: BodyEncoding;
  readonly bytes: Uint8Array;
}

/** How far a handler is. @throws TypeError */
export function checkShare(share: unknown): asserts share is number {
  if (typeof share === 'number' && share >= 0 && share <= 1) return;
  throw new TypeError(`progress is a number from 0 to 1, got ${String(share)}`);
}
