/** The limits of the channels feature, each with its reason. */
export const channelLimits = {
  /** Channels of one node, and with one other: what a program with a stream for each of its peers has, several times. */
  channelsMax: 4096,
  channelsPerNodeMax: 256,
  /** Requests that wait for the program, in all and of one node; more are told busy. */
  channelRequestsMax: 256,
  channelRequestsPerNodeMax: 32,
  /** A request waits for the program this long at most; its opener mostly gives up before. */
  channelRequestMs: 30_000,
  /** A pair request waits this long to be accepted. */
  channelOpenMs: 10_000,
  /** Bytes that may be under way and wait for the program, in each direction: 1 Gbit/s over 16 ms, and what one that stands still holds. */
  channelWindowBytes: 2 * 1024 * 1024,
  /** Four frames of the least size. */
  channelWindowBytesMin: 16 * 1024,
  /** 10 Gbit/s over 50 ms. */
  channelWindowBytesMax: 64 * 1024 * 1024,
  /** The windows of all channels: what others can make a node hold whose programs read nothing. */
  channelWindowsBytesMax: 1024 * 1024 * 1024,
  /** Data in one frame: at most, and a quarter of a small window. */
  channelFrameBytes: 64 * 1024,
  channelFrameBytesMin: 4 * 1024,
  /** Received bytes are acknowledged at once when they are so many (or a quarter of the window), else after so long. */
  channelTellBytes: 512 * 1024,
  channelTellMs: 20,
  /** What comes through this much later than it might has waited in a queue (RFC 6817: 100 ms). */
  channelDelayMs: 100,
  /** One frame under way at least, and one being filled. */
  channelFlightBytesMin: 128 * 1024,
  /** A hole is told of, and what is behind it sent again, no more often than this. */
  channelAgainMs: 100,
  /** After a full queue, and after a hop without a way. */
  channelBusyMs: 20,
  channelRetryMs: 100,
  /** Bytes that nobody acknowledges are sent again after 1 s; that doubles up to this. */
  channelResendMsMax: 4000,
  /** A quiet channel asks whether the other end knows it: it may have been reset, and the word of it lost. */
  channelProbeMs: 5000,
  /** Not even to so many probes, for longer than the longest stall that a hello may ask for: the other end is gone. */
  channelProbesMax: 12,
  channelSilentMs: 75_000,
  /** Numbers of channels that are over, for each peer: a copy of a request that comes late opens nothing. */
  channelsOverRemembered: 1024,
  channelPeerIdleTicks: 120,
  /** UTF-16 units of the reason of a refusal. */
  channelTextLength: 512,
  /** A dial that came to nothing is repeated after 1 s; that doubles up to a minute. The accepting end waits as long for the opener's. */
  privateDialMs: 1000,
  privateDialMsMax: 60_000,
  /** A private link is kept for a moment: the next channel often comes at once. */
  privateLingerMs: 2000,
} as const;
