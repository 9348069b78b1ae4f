/**
 * What a member and the judge say to each other over the pipe between their processes.
 *
 * Used by member.ts at one end and by crew.ts and the judge at the other. Invariant: plain JSON; all times
 * are those of clock.ts; a member's report holds everything that it saw until `throughMs`, so that whatever
 * is not in it had not happened by then.
 */
import type { Missing } from '../../src/index.ts';

export interface MemberSettings {
  readonly name: string;
  /** Which start of this name it is, from 1. */
  readonly life: number;
  readonly seed: number;
  readonly listen: string;
  readonly discoveryPort: number;
  /** The folder in which nodes of one machine find each other. */
  readonly folder: string;
  /** Everyone who may be in the mesh, this member included. */
  readonly names: readonly string[];
  readonly traffic: TrafficSettings;
  /** Its event loop sleeps `forMs` of every `everyMs`, from a random moment on. */
  readonly block?: { readonly everyMs: number; readonly forMs: number };
}

export interface TrafficSettings {
  /** Mean pause between two sends. */
  readonly everyMs: number;
  /** How long a send waits for its receipts. */
  readonly timeoutMs: number;
  /** Only to all. */
  readonly broadcastOnly?: boolean;
}

export type Order =
  | { readonly type: 'traffic'; readonly on: boolean }
  | { readonly type: 'probe'; readonly probe: number }
  | { readonly type: 'hangup' }
  | { readonly type: 'close' };

export type Word =
  | { readonly type: 'ready'; readonly atMs: number; readonly address: string }
  | { readonly type: 'failed'; readonly text: string }
  | Report
  | Answer
  | { readonly type: 'closed' };

export interface Report {
  readonly type: 'report';
  readonly throughMs: number;
  /** Keys of the messages that came in. */
  readonly received: readonly string[];
  /** Of these: whose bytes are not those that were sent. */
  readonly damaged: readonly string[];
  readonly sent: readonly Sent[];
  readonly ended: readonly Ended[];
  readonly nodes: readonly Seen[];
  readonly links: readonly Seen[];
  /** When this process's own loop stood still. */
  readonly gaps: readonly Interval[];
  readonly warnings: readonly string[];
  readonly usage: readonly Usage[];
}

export interface Sent {
  /** `name/life/number`: no two messages of a run share one. */
  readonly key: string;
  /** The recipients' names; `all` for a broadcast. */
  readonly to: readonly string[] | 'all';
  readonly atMs: number;
  /** How many times the timeout it may take: a body in parts has one for each part that gets through, and for the whole. */
  readonly timeouts: number;
}

export interface Ended {
  readonly key: string;
  readonly atMs: number;
  /** Only their number, where names were not asked for. */
  readonly delivered: readonly string[] | number;
  readonly missing: readonly Missing[] | number;
  /** The send threw: with `require: 'none'` that should not happen while the node is open. */
  readonly error?: string;
}

/** A node or a neighbor that came up or went down, as one member was told. */
export interface Seen {
  readonly node: string;
  readonly up: boolean;
  readonly reason: string;
  readonly atMs: number;
}

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Usage {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Buffers and what else lies outside of the heap. */
  readonly externalBytes: number;
}

interface ProvenLink {
  readonly node: string;
  /** Id of the key that it was proven with. */
  readonly key: string | undefined;
}

export interface Answer {
  readonly type: 'answer';
  readonly probe: number;
  /** Whom a broadcast would reach, as the node says. */
  readonly known: readonly string[];
  /** The same, put together from the `node:up` and `node:down` that it told. */
  readonly told: readonly string[];
  /** Its picture of the effective network: equal text, equal network. */
  readonly topology: string;
  readonly links: readonly ProvenLink[];
  /** Ids of the mesh keys that it holds, the one in use first. */
  readonly keys: readonly string[];
  /** `process.getActiveResourcesInfo()`, counted. */
  readonly resources: Readonly<Record<string, number>>;
  /** How often a behavior of its node has thrown. */
  readonly exceptions: number;
  /** Datagrams that it did not believe, by the reason. */
  readonly datagramsUnread: Readonly<Record<string, number>>;
  /** Sends that have not ended. */
  readonly sending: number;
}
