/**
 * What the cores of other features use: what this node's program sends.
 *
 * Implemented by the messaging behavior. Invariant: a watch sees envelopes, never bodies, and cannot keep a message from
 * being sent.
 */
import type { NodeId } from '../../../kernel/identity.ts';

/**
 * Called within the turn of each message that is sent, on the hot path: it keeps what it needs and returns.
 * @param wantsReceipt False: it was posted.
 */
export type SentWatch = (kind: string, to: NodeId | readonly NodeId[] | 'all', wantsReceipt: boolean) => void;

export interface MessagingCore {
  /** Before the node starts, once. Without a watch a message costs no more than asking whether there is one. */
  watchSent(watch: SentWatch): void;
}
