/** What messaging and the program say to each other: commands in, answers and events out. */
import type { Shape } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { Arrival } from './arrival.ts';

/**
 * `no-route`, `refused` and `busy` mean undelivered, for certain. `timeout` (still there, did not answer),
 * `lost` (left or went out of reach with the message under way) and `aborted` mean unknown.
 */
export type MissingReason = 'no-route' | 'refused' | 'busy' | 'timeout' | 'lost' | 'aborted';

export interface SendCommand {
  /** `all`: every node reachable now. Never this node itself. */
  readonly recipients: readonly NodeId[] | 'all';
  readonly kind: string;
  readonly encoding: number;
  readonly body: Uint8Array;
  /** False: fire and forget; answered at once. */
  readonly acknowledged: boolean;
  readonly traced: boolean;
  readonly timeoutMs: number;
}

export interface MessagingShape extends Shape {
  readonly commands: {
    send(message: SendCommand): SendAnswer;
    /** Aborts a send that is under way: `token` numbers its command. */
    abort(token: number): void;
    listen(consumer: {
      readonly consumer: number;
      readonly kind: string | undefined;
      readonly limit: number;
    }): void;
    unlisten(consumer: number): void;
    /** So many messages, whose bodies have so many bytes together. */
    consumed(taken: { readonly consumer: number; readonly count: number; readonly byteLength: number }): void;
    snoop(on: boolean): void;
  };
  readonly event: MessagingEvent;
}

/** How a message ended that was sent without a command; `handle` is what the program gave with it. */
export interface Sent extends SendAnswer {
  readonly handle: unknown;
}

export interface SendAnswer {
  readonly sequence: number;
  readonly delivered: readonly NodeId[];
  readonly missing: readonly { readonly node: NodeId; readonly reason: MissingReason }[];
}

/** What a relay sees of a message on its way. */
export interface Transit {
  readonly source: NodeId;
  readonly sequence: number;
  readonly kind: string;
  readonly encoding: number;
  readonly recipients: readonly NodeId[];
  readonly from: NodeId;
  readonly body: Uint8Array;
  /** Only a piece of a large body. */
  readonly partial: boolean;
  readonly totalBytes: number;
}

export type MessagingEvent =
  /** All of one turn. */
  | { readonly type: 'arrivals'; readonly arrivals: readonly Arrival[] }
  | { readonly type: 'sent'; readonly messages: readonly Sent[] }
  | { readonly type: 'transit'; readonly transit: Transit };
