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
  /** Number of the link to it. It stays while the neighbor is up, also when another connection takes over. */
  readonly link: LinkId;
  /** Id of the node: the first 48 bits of SHA-256 of its name. */
  readonly id: NodeId;
  /** Name of the node, unique in the mesh. */
  readonly name: string;
  /** Namespace that the node was started in. */
  readonly namespace: string;
  /** Incarnation of the node that this link leads to. */
  readonly instance: Instance;
  /** Version text of the other program; a difference only warns. */
  readonly version: string;
  /** `outgoing`: this node dialed the link; `incoming`: the other node did. */
  readonly direction: 'incoming' | 'outgoing';
  /** Why the link was dialed; the same at both ends. */
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
  /** Kernel time in milliseconds at which the link opened. 0 in the checks before it opens. */
  readonly openedAt: number;
}

/** Measurements of one link, of its current connection since that began. Control frames are counted too. */
export interface LinkStatistics {
  /** Smoothed, undefined until measured. */
  readonly roundTripMs: number | undefined;
  /** Bytes received from the socket, the handshake included. */
  readonly bytesIn: number;
  /** Bytes handed to the socket, the handshake included. */
  readonly bytesOut: number;
  /** Frames received. */
  readonly framesIn: number;
  /** Frames accepted for sending; some may still be queued. */
  readonly framesOut: number;
  /** Bytes that wait in this process to be handed to the socket. At 16 MiB frames that are not urgent are refused. */
  readonly queuedBytes: number;
  /** Frames that were refused because the queue was full. */
  readonly dropped: number;
  /** Nothing has come from the other end for 2,200 ms. */
  readonly stalled: boolean;
  /** Id of the key that the other end has proven; undefined on plain links. */
  readonly key: string | undefined;
}

/** A dial that did not become a link. */
export interface OutgoingError {
  /** Number of the link, as `dial` or `dialPrivate` returned it. */
  readonly link: LinkId;
  /** The address that was dialed; once a socket was connected, its remote address. `host:port`. */
  readonly address: string;
  /** Why it was dialed. */
  readonly purpose: DialPurpose;
  /** Why it did not become a link. SKEIN_ALREADY_CONNECTED: another link to that node is open. */
  readonly failure: Failure;
  /** Known once the other end has said hello. */
  readonly node: NodeId | undefined;
}

/**
 * Why a link ended, at either end:
 * - `closed`: its socket closed, or a behavior closed it and gave no other reason
 * - `silent`: nothing came for the stall tolerance of the other end and another second
 * - `hangup`: one end no longer needs it
 * - `surplus`: one end has far too many, and the other can do without it
 * - `leave`: one of the nodes is shutting down
 * - `replaced`: another link to the same node took its place
 * - `protocol`: one end did what the protocol does not allow
 * - `stopped`: one of the nodes ended with a failure (`agent.fail`)
 */
export type DownReason =
  | 'closed'
  | 'silent'
  | 'hangup'
  | 'surplus'
  | 'leave'
  | 'replaced'
  | 'protocol'
  | 'stopped';

/**
 * Why a node is shut out; undefined: it is not. `instance` is undefined where only the name is known, as for a frame.
 */
export type ShutOut = (node: NodeId, instance: Instance | undefined) => Failure | undefined;

/**
 * A verdict on a link before it opens. Undefined lets it pass; a failure refuses it (the first refusal
 * wins and the other end is told); `wait` holds the handshake until `agent.resolveCheck`.
 */
export type Verdict = undefined | Failure | 'wait';
