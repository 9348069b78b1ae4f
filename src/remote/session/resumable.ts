/**
 * A session whose streams outlive it: what it needs to know of the one before, and what it leaves behind.
 *
 * Between a client's session and whoever begins the next (`remote/reconnection.ts`).
 */
import type { ClientStream } from './client-stream.ts';

export interface ResumableSession {
  /** The token of the session before. */
  readonly resumes?: string | undefined;
  /** It has ended, and not by `close`. */
  readonly lost: (left: LeftBehind) => void;
}

/** What a session leaves behind that has lost its node. */
export interface LeftBehind {
  /** Undefined: it never had begun. */
  readonly token: string | undefined;
  readonly streams: readonly LeftStream[];
  /** Calls of which nobody knows what became of them. */
  readonly unanswered: number;
}

/** A stream of a session. */
export interface OpenStream {
  readonly id: number;
  readonly operation: string;
  readonly input: unknown;
  readonly stream: ClientStream<unknown>;
}

/** A stream of a session that is over. */
export interface LeftStream extends OpenStream {
  /** Items that came. */
  readonly received: number;
}

/** What the node says at the beginning. */
export interface Welcome {
  readonly name: string;
  readonly life: string;
  readonly token?: string;
  /** Of the session before: items that were taken for its streams, by their numbers. Absent: it is not known. */
  readonly taken?: readonly (readonly [id: number, count: number])[];
}
