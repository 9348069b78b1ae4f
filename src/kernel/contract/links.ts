/**
 * Links as a behavior sees them: the neighbor at the other end, what was measured, why one ended.
 *
 * A part of the contracts (`../contracts.ts`).
 */
import type { Failure } from '../errors.ts';
import type { Instance, NodeId } from '../identity.ts';

/** Numbers the links of one node; never used again while the node runs. */
export type LinkId = number;

/** Why a link was dialed. The other end may hang up when the reason is over. */
export interface DialPurpose {
  /** The number of the feature that dialed: `featureNumber` of its name. */
  readonly feature: number;
  /** 0 to 255. Only that feature knows what it means; one that it does not know counts as 0. */
  readonly reason: number;
  /** The link is to be of that feature alone: see `private-links.ts`. */
  readonly isPrivate: boolean;
}

/** The node at the other end of a link, as it said in its hello. */
export interface Neighbor {
  readonly link: LinkId;
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  /** Version text of the other program; a difference only warns. */
  readonly version: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly purpose: DialPurpose;
  /** The socket's other address, `host:port`. */
  readonly address: string;
  /** Features it runs, by name. */
  readonly features: readonly string[];
  /** It still looked for links when it said hello. */
  readonly solicits: boolean;
  /** How long it had been running when it said hello: two nodes of one name compare it, and `islandNodes`. */
  readonly uptimeMs: number;
  /** How many nodes it had reached for a while then, itself among them. */
  readonly islandNodes: number;
  readonly openedAt: number;
}

export interface LinkStatistics {
  /** Smoothed, undefined until measured. */
  readonly roundTripMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly queuedBytes: number;
  readonly dropped: number;
  readonly stalled: boolean;
  /** Id of the key that the other end has proven; undefined on plain links. */
  readonly key: string | undefined;
}

/** A dial that did not become a link. */
export interface OutgoingError {
  readonly link: LinkId;
  readonly address: string;
  readonly purpose: DialPurpose;
  readonly failure: Failure;
  /** Known once the other end has said hello. */
  readonly node: NodeId | undefined;
}

export type DownReason = 'closed' | 'silent' | 'hangup' | 'leave' | 'replaced' | 'protocol' | 'stopped';

/**
 * A verdict on a link before it opens. Undefined lets it pass; a failure refuses it (the first refusal
 * wins and the other end is told); `wait` holds the handshake until `agent.resolveCheck`.
 */
export type Verdict = undefined | Failure | 'wait';
