/** The limits of the messaging feature, each with its reason. */
export const messagingLimits = {
  /** A send waits this long for its receipts (meshage: DEFAULT_TIMEOUT, 10 s). */
  sendTimeoutMs: 10_000,
  /** Messages that wait for one consumer (meshage: RECEIVE_BUFFER). */
  receiveBufferMessages: 1024,
  /** The same in bytes, for each consumer; one message always fits. */
  receiveBufferBytes: 64 * 1024 * 1024,
  /** Of these, to one node: one that does not answer must not hold up the others. */
  unresolvedPerNodeMax: 16_384,
  /** Bodies kept until their receipts come, in all and for one node: eight of the largest, and two. One always fits. */
  unresolvedBytesMax: 512 * 1024 * 1024,
  unresolvedBytesPerNodeMax: 128 * 1024 * 1024,
  /** Bodies above this are split into parts of this size. */
  partBytes: 256 * 1024,
  /** Largest body, held whole in memory at both ends; more goes in several messages. */
  bodyBytesMax: 64 * 1024 * 1024,
  /** Parts of one large message on their way at once, per recipient: one at first, more while they are quick. */
  partsInFlight: 8,
  /** Bytes of unfinished large messages one node holds for all its sources. */
  joiningBytesMax: 256 * 1024 * 1024,
  /** A large message whose next part does not come for this long is dropped. */
  joiningIdleMs: 30_000,
} as const;
