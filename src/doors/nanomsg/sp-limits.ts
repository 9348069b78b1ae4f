/** The limits of what a nanomsg program may send and hold, each with its reason. */
export const spLimits = {
  /** One message of a nanomsg program: what nanomsg takes itself by default (NN_RCVMAXSIZE). */
  spMessageBytesMax: 1024 * 1024,
  /** Memory for a message that has only been announced. */
  spGatherBytes: 4096,
} as const;
