/**
 * The ports of the kernel: what the host or the simulator provides.
 *
 * A part of the contracts (`../contracts.ts`). Invariant: each is synchronous and does nothing by itself.
 */

export interface Random {
  /** In [0, 1). */
  next(): number;
  bytes(count: number): Uint8Array;
}

/**
 * The secure stage of the handshake. `proof` is made over both hellos; the dialer proves first and
 * nothing of a hello is parsed before its proof holds. Plain links prove nothing (`plainSecurity`).
 */
export interface SecureStage {
  /** Id of the key that the other end has proven to know. */
  readonly keyId: string | undefined;
  /** Of the life at the other end, which has proven to hold the private one; undefined when it has not. */
  readonly publicKey: Uint8Array | undefined;
  proof(role: 'dialer' | 'listener', dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array;
  verify(
    role: 'dialer' | 'listener',
    dialerHello: Uint8Array,
    listenerHello: Uint8Array,
    proof: Uint8Array,
  ): boolean;
}

/**
 * Signs one's own announcements and checks those of others. Provided by the host, one for each life. A life's
 * instance is `instanceOf(publicKey)`: so a record tells by itself whether its node has made it.
 */
export interface RecordSigner {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** What became of a datagram that came in. `clock`: made by a holder of the key whose clock is this far ahead. */
export type OpenedDatagram =
  | { readonly outcome: 'opened'; readonly bytes: Uint8Array }
  | { readonly outcome: 'clock'; readonly aheadMs: number; readonly bytes: Uint8Array }
  /** Not sealed at all, by another key, or taken before. */
  | { readonly outcome: 'foreign' | 'other-key' | 'replay' };

/** Closes datagrams for all but the holders of the mesh key. Provided by the host. */
export interface DatagramSeal {
  /** How many bytes a seal adds. */
  readonly overheadBytes: number;
  /** Undefined: there is no key any more. */
  seal(bytes: Uint8Array): Uint8Array | undefined;
  open(bytes: Uint8Array): OpenedDatagram;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
