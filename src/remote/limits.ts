/**
 * The limits of the control socket, each with its reason.
 *
 * Who reads it: the control server, its handler and its client. Invariant: whatever a client of the
 * socket could drive up stands here.
 */
import { messagingLimits } from '../features/messaging/core/limits.ts';

export const controlLimits = {
  /** The largest body, as base64 in JSON, and 64 KiB for the fields around it. */
  requestBytesMax: Math.ceil(messagingLimits.bodyBytesMax / 3) * 4 + 64 * 1024,
  /** A person, a page and a few programs; more is a program that forgets to close. */
  connectionsMax: 64,
  /** Beyond `connectionsMax` clients are told so; beyond this many more they are just dropped. */
  refusalsMax: 16,
  /** Calls of one client at a time; more wait their turn, so that it never meets `connectionsMax` by itself. */
  callsAtOnceMax: 32,
  /** An idle connection is given up by the client well before the server would close it under a new call. */
  clientIdleTimeoutMs: 3000,
  serverIdleTimeoutMs: 10_000,
  /** A node that says nothing for so long, not even to a ping, is stopped or blocked: no caller is kept longer. */
  answerTimeoutMs: 5000,
  /** Nearly all answers are there before: only who waits longer asks whether the node lives. */
  quietMs: 1000,
  /** Posts of one attached client under way: each is a request of its own. */
  postsUnderWayMax: 32,
  /** A quiet stream writes this often, so that a dead client is noticed. */
  heartbeatMs: 5000,
  /** A client is told a channel's path and counters this often. */
  channelStateMs: 500,
  /** Headers are a few hundred bytes: who needs longer is not a client. */
  headersTimeoutMs: 5000,
  /** 64 MiB through a local socket take well under a second, even on a slow machine. */
  requestTimeoutMs: 60_000,
  /** At its end the node lets running answers finish for this long. */
  closeTimeoutMs: 500,
  /** Is a process behind this socket file? A living one accepts at once. */
  probeTimeoutMs: 1000,
  /** `sun_path` of macOS, its final zero taken off; Linux has four bytes more. */
  socketPathBytesMax: 103,
} as const;
