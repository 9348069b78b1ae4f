/**
 * The outbox: every effect of the core, in order, as data.
 *
 * The kernel and its behaviors put effects in; the host drains once per turn of its loop. Invariant:
 * nothing in core acts on the world in any other way. Bytes for links are gathered per link by the
 * links themselves and appear here as one `write` per link and turn.
 */
import type { DoorAction, LinkId, LogLevel, StoreOperation, StorePlace } from './contracts.ts';
import type { Failure } from './errors.ts';

/**
 * One action for the host to carry out. Effects are carried out in the order in which they leave the outbox; the
 * outcome, where one is reported, comes back as a call of the kernel in a later turn.
 */
export type Effect =
  /**
   * Open a transport connection; report `dialed` or `dialFailed` with the same link. Where the address is a name, the IP
   * addresses in `avoid` (`host:port`, as `dialed` reported them) are left out.
   */
  | {
      readonly type: 'dial';
      readonly link: LinkId;
      readonly address: string;
      readonly timeoutMs: number;
      readonly avoid: readonly string[];
    }
  /** Hand bytes to the link's socket, in order; report `flushed` with their count once they have left. */
  | {
      readonly type: 'write';
      readonly link: LinkId;
      readonly chunks: Uint8Array[];
      readonly byteLength: number;
    }
  /** Close the link's socket once what was written has left. Nothing is reported back. */
  | { readonly type: 'close'; readonly link: LinkId }
  /** Send one datagram to every broadcast target of the host. Nothing is reported back; it may be lost. */
  | { readonly type: 'broadcast'; readonly bytes: Uint8Array }
  /** Send one datagram to `address` (`host:port`). Nothing is reported back; it may be lost. */
  | { readonly type: 'datagram'; readonly address: string; readonly bytes: Uint8Array }
  /** Report what becomes of it as `door`, to the same feature. */
  | { readonly type: 'door'; readonly feature: string; readonly action: DoorAction }
  /** Something for the program, from a feature or from the kernel itself. */
  | { readonly type: 'deliver'; readonly feature: string; readonly event: unknown }
  /** The command or rpc with this token has succeeded. */
  | { readonly type: 'answer'; readonly token: number; readonly value: unknown }
  /** The command or rpc with this token has failed. */
  | { readonly type: 'fail'; readonly token: number; readonly failure: Failure }
  /** Persist; report `stored` with the place, the token and the verb. */
  | {
      readonly type: 'store';
      /** In the store of the swarm, or in the node's own. */
      readonly place: StorePlace;
      readonly feature: string;
      readonly token: number;
      readonly operation: StoreOperation;
    }
  /** Let this many poll phases of the event loop pass, then call `polled`. */
  | { readonly type: 'poll'; readonly phases: number }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly fields: Record<string, unknown>;
    }
  /** The node has ended: all links are closed. With a failure: it had to. */
  | { readonly type: 'ended'; readonly failure: Failure | undefined };

const nothing: readonly Effect[] = [];

/** A queue of effects: the kernel and its behaviors append, the host drains it after each `Kernel.endTurn`. */
export class Outbox {
  private effects: Effect[] = [];

  /** Appends one effect. */
  put(effect: Effect): void {
    this.effects.push(effect);
  }

  /** No effect waits to be carried out. */
  get isEmpty(): boolean {
    return this.effects.length === 0;
  }

  /** Takes all effects out, oldest first. */
  drain(): readonly Effect[] {
    if (this.isEmpty) return nothing;
    const drained = this.effects;
    this.effects = [];
    return drained;
  }
}
