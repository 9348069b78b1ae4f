/**
 * A message as it arrived: what the inbox keeps and the program is given.
 *
 * Made by the receiver, one object per message: this is the hot path, so what few programs ask for
 * (recipients, route) is an array only where it must be.
 */
import type { NodeId } from '../../../kernel/identity.ts';

/** Who sent it, in which life: one object for all messages that follow each other. */
export interface Origin {
  readonly source: NodeId;
  /** First 48 bits of the source's instance. */
  readonly life: number;
  /** The instance's last 16 bits. */
  readonly lifeTail: number;
}

export interface Arrival {
  readonly origin: Origin;
  readonly sequence: number;
  readonly kind: string;
  readonly encoding: number;
  /** For `readRecipients`: decoding a list for each message was a third of a receiver's time. Undefined: this node alone. */
  readonly recipients: Uint8Array | undefined;
  /** Hops, source first and this node last; undefined where no trace was asked for. */
  readonly route: readonly NodeId[] | undefined;
  /** A view into the received chunk (64 KiB at most): whoever keeps little of it for long should copy. */
  readonly body: Uint8Array;
  /** Whom the inbox has given it to. */
  consumers: readonly number[];
}
