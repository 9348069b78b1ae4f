/**
 * The contract of private links: a part of the contracts (`../contracts.ts`), for features that move much between two nodes.
 *
 * A private link is of the feature whose behavior dialed it (`agent.dialPrivate`). It is proven and kept alive as any
 * other, but leads to no neighbor: it is not announced, no route leads over it, and no other behavior hears of it.
 * Where nobody runs the feature the dial is refused (SKEIN_NOT_NEEDED). Invariant: only frames of its feature, from
 * the node behind it to this one, pass.
 */
import type { Failure } from '../errors.ts';
import type { BehaviorAgent } from './agent.ts';
import type { DownReason, Neighbor, OutgoingError } from './links.ts';
import type { Shape } from './shape.ts';

/** What a behavior is told of its private links. */
export interface PrivateLinkCalls<S extends Shape = Shape> {
  /** Before one of this feature opens, whoever dialed it. Undefined lets it pass; without this call all are refused. */
  check?(agent: BehaviorAgent<S>, neighbor: Neighbor): Failure | undefined;
  /** It is open: `sendVia` and `sendFrame` may take it. */
  up?(agent: BehaviorAgent<S>, neighbor: Neighbor): void;
  /** It has ended. It carries nothing any more, and `neighbor.link` is not used again. */
  down?(agent: BehaviorAgent<S>, neighbor: Neighbor, reason: DownReason): void;
  /** A dial failed or was refused. */
  error?(agent: BehaviorAgent<S>, error: OutgoingError): void;
}
