/**
 * Doors: addresses where programs come that do not speak skein, as a behavior sees them.
 *
 * A part of the contracts (`contracts.ts`). Invariant: an action is data, and what becomes of it comes back as an event
 * to the behavior that acted.
 */

/** Numbers the connections of programs that are no nodes; never used again while the node runs. */
export type DoorPeer = number;

/**
 * What a behavior wants of an address where programs that do not speak skein come, and of those that came.
 * Addresses are `host:port`, or `ipc://path`.
 */
export type DoorAction =
  /** Ends in `bound` or `unbound`. */
  | { readonly type: 'bind'; readonly address: string }
  /** Lets it go, and whoever came there. Nothing is reported back. */
  | { readonly type: 'release'; readonly address: string }
  /** Go there as such a program would. Ends in `joined` or `unjoined`. */
  | { readonly type: 'join'; readonly address: string }
  /** Sends bytes to one such program as one message. Nothing is reported back. */
  | { readonly type: 'send'; readonly peer: DoorPeer; readonly bytes: Uint8Array }
  /** Nothing is reported back. */
  | { readonly type: 'dismiss'; readonly peer: DoorPeer };

/** What a door reports to the behavior that acts on it. Addresses are those of the action. */
export type DoorEvent =
  /** The address is bound: programs can come. */
  | { readonly type: 'bound'; readonly address: string }
  /** `elsewhere`: this machine has no such address. Also when what was bound is lost. */
  | {
      readonly type: 'unbound';
      readonly address: string;
      readonly reason: 'taken' | 'elsewhere' | 'failed';
      readonly text: string;
    }
  /** Somebody came to an address that is bound, or the one that was joined has answered. */
  | { readonly type: 'joined'; readonly peer: DoorPeer; readonly address: string }
  /** The address could not be joined; `text` says why. */
  | { readonly type: 'unjoined'; readonly address: string; readonly text: string }
  /** A program sent a message. */
  | { readonly type: 'message'; readonly peer: DoorPeer; readonly bytes: Uint8Array }
  /** The connection of a program has ended. */
  | { readonly type: 'left'; readonly peer: DoorPeer }
  /** Somebody came to an address and was not let in, or did what no such program does. */
  | { readonly type: 'refused'; readonly address: string; readonly text: string };
