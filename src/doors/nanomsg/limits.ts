/** The limits of what is said with nanomsg programs, each with its reason. */
export const nanomsgLimits = {
  /** Connections of nanomsg programs at one address. Each costs a descriptor; they have no key to prove. */
  spConnectionsMax: 1024,
  /** nanomsg greets as soon as it is connected. */
  spGreetingTimeoutMs: 5000,
  /** For a program that does not read; beyond it a BUS drops messages, as nanomsg's does, and a PAIR waits. */
  spWaitingBytesMax: 1024 * 1024,
  /** UTF-16 units of one Data message of a channel: far below the largest message, however they are escaped. */
  spPayloadLength: 32 * 1024,
  /** Whoever is bound answers at once; one that is dying may hold the address for a moment. */
  spConnectTimeoutMs: 1000,
  /** Between a bind that failed and the next: random up to this, so that of many that try one is first. */
  spRetryMsMax: 50,
  /** How long one waits at the meeting place for the nanomsg program that the broker has named. */
  meetingMs: 10_000,
} as const;
