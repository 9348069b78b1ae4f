/**
 * The contract of private links: a part of `contracts.ts`, for features that move much between two nodes.
 *
 * A private link is of the feature whose behavior dialed it (`agent.dialPrivate`). It is proven and kept alive as any
 * other, but leads to no neighbor: it is not announced, no route leads over it, and no other behavior hears of it.
 * Where nobody runs the feature the dial is refused (SKEIN_NOT_NEEDED). Invariant: only frames of its feature, from
 * the node behind it to this one, pass.
 */
import type { BehaviorAgent, DownReason, DropReason, LinkId, Neighbor, OutgoingError } from './contracts.ts';
import type { Failure } from './errors.ts';
import type { NodeId } from './identity.ts';

/** What a behavior is told of its private links. */
export interface PrivateBehavior {
  /** Before one of this feature opens, whoever dialed it. Undefined lets it pass; without this call all are refused. */
  checkPrivate?(agent: BehaviorAgent, neighbor: Neighbor): Failure | undefined;
  /** It is open: `sendVia` and `sendFrame` may take it. */
  privateUp?(agent: BehaviorAgent, neighbor: Neighbor): void;
  privateDown?(agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void;
  /** A dial failed or was refused. */
  privateError?(agent: BehaviorAgent, error: OutgoingError): void;
}

export interface PrivateAgent {
  /**
   * Starts the dial of a link for this feature alone; it ends in `privateUp` or `privateError` with the returned link.
   * @param reason As for `dial`.
   */
  dialPrivate(address: string, reason?: number): LinkId;
  /**
   * Sends a whole frame, made by `prepare` and `completeFrame`, by reference: its memory stays as it is until the
   * other end has it. @param via A link to take, past the routing table. Undefined: on its way.
   */
  sendFrame(frame: Uint8Array, destination: NodeId, via: LinkId | undefined): DropReason | undefined;
}
