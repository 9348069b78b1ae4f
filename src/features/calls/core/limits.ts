/** The limits of the calls feature, each with its reason. */
export const callLimits = {
  /** A call waits this long for its answer. */
  callTimeoutMs: 10_000,
  /** One input or output: a frame, with room for its beginnings. */
  callBytesMax: 960 * 1024,
  /** Calls of one node that wait for their answers; at the other end, those of one asker that are known. */
  callsUnresolvedMax: 65_536,
  /** Of these, at one node. */
  callsPerNodeMax: 16_384,
  /** Their inputs, in all and at one node. One always fits. */
  callsBytesMax: 256 * 1024 * 1024,
  callsBytesPerNodeMax: 128 * 1024 * 1024,
  /** Requests that one service's handlers work on at once, and that wait for one of them; more are told busy. */
  serviceConcurrency: 1024,
  serviceQueue: 1024,
  /** Inputs of all requests that wait. */
  callsQueuedBytesMax: 64 * 1024 * 1024,
  /** Answers kept until their askers have them: one round trip, or a second; longer where the mesh is broken. */
  callsKeptBytesMax: 64 * 1024 * 1024,
  /** Numbers of calls that are over, of each asker: a copy that comes this late is not carried out. */
  callsOverRemembered: 4096,
  /** Askers that are remembered, and for how many seconds once they ask no more. */
  callersMax: 8192,
  callerIdleTicks: 120,
  /** UTF-16 units of a remote error's code and of its message; the rest is cut off. */
  callCodeLength: 128,
  callTextLength: 8192,
} as const;
