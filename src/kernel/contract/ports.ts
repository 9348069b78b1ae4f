/**
 * The ports of the kernel: what the host or the simulator provides.
 *
 * A part of the contracts (`../contracts.ts`). Invariant: each is synchronous and does nothing by itself.
 */

/** The source of all randomness of a kernel and its behaviors. The simulator gives it from a seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** This many random bytes, in a new array. */
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
  /**
   * The proof of this end. Called once for each link; the listener's follows its `verify` of the dialer.
   * @param role The role of this end. The hellos are the encoded bytes, as sent and as received.
   */
  proof(role: 'dialer' | 'listener', dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array;
  /**
   * Checks the proof of the other end; must not throw. False ends the link with SKEIN_KEY. True sets `keyId`, and
   * `publicKey` where its signature holds: without it, or with one of another instance, the link ends as well.
   * @param role The role of the other end.
   */
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
  /** Public key of this node's incarnation, at most 64 bytes. It is part of each record. */
  readonly publicKey: Uint8Array;
  /** The signature of these bytes by this incarnation, at most 128 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
  /** True where the holder of this public key signed these bytes. Must not throw, whatever it is given. */
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
  /** Opens a datagram that came in. Must not throw; what is wrong with the datagram is the outcome. */
  open(bytes: Uint8Array): OpenedDatagram;
}

/** How much a line of the log matters, from the least to the most. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
