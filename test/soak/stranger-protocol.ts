/**
 * What a process of strangers and the judge say to each other.
 *
 * Used by stranger.ts at one end and by strangers.ts at the other. Invariant: plain JSON; a tally holds all
 * knocks since the process began.
 */
import type { KnockKind } from './knocks.mjs';

export interface StrangerSettings {
  /** Of its nodes; no member has it. */
  readonly name: string;
  readonly seed: number;
  readonly listen: string;
  readonly discoveryPort: number;
  /** Where a datagram comes to all nodes of the network. */
  readonly broadcast: string;
  /** Everybody's names: strangers of one key may find each other, but none of these. */
  readonly members: readonly string[];
}

export type DatagramKind = 'random datagram' | 'forged datagram' | 'replayed datagram';
/** Real nodes with a key that was never a member's, or is none's any more. */
type NodeKind = 'another key' | 'retired key';
export type StrangerKind = KnockKind | NodeKind | DatagramKind;

export interface Tally {
  knocks: number;
  /** The node ended it, or said why it did not let it in. */
  refused: number;
  /** Nothing listened there, or nothing came through. */
  nobody: number;
  /** Neither let in nor ended for a long time, as with a process that is stopped or behind a cut: given up. */
  givenUp: number;
}

export type Tallies = Partial<Record<StrangerKind, Tally>>;

export type StrangerOrder =
  | { readonly type: 'targets'; readonly addresses: readonly string[] }
  /** A mesh key that no member accepts any more. */
  | { readonly type: 'retired'; readonly key: string }
  | { readonly type: 'stop' };

export type StrangerWord =
  | { readonly type: 'tally'; readonly tallies: Tallies }
  | { readonly type: 'let-in'; readonly text: string };
