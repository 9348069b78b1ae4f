/**
 * The limits of the control socket, each with its reason.
 *
 * Who reads it: the control server, its sessions and its client. Invariant: whatever a client of the socket could drive
 * up stands here.
 */
import { messagingLimits } from '../features/messaging/core/limits.ts';

export const controlLimits = {
  /**
   * Inputs of all requests that are not answered, and so of one: more is refused as busy. The largest body, and 64 KiB
   * for the fields around it; in JSON a body of bytes is a third longer, and what does not fit goes through a session.
   */
  heldBytesMax: messagingLimits.bodyBytesMax + 64 * 1024,
  /** Programs of a machine that stay: each holds some tens of KiB. */
  sessionsMax: 256,
  /** Places beside these for clients that ask one thing and leave, so that `skein status` always gets in. */
  briefSessionsMax: 16,
  /** Who asked for such a place leaves it by then. Longer than the longest drain of `down`. */
  briefSessionMs: 30_000,
  /** Sessions that were cut off and are remembered for their clients, and for how long: numbers of items, no items. */
  endedSessionsMax: 256,
  endedSessionMs: 600_000,
  /** A client that has lost its node tries again after gaps that double up to the widest. */
  reconnectMs: 50,
  reconnectMsMax: 2000,
  /** Connections that have no session. With one more, the oldest that asks nothing is dropped. */
  connectionsMax: 64,
  /** Requests by HTTP at a time; more are told busy. Fewer than `connectionsMax`, so that others still get in. */
  requestsMax: 48,
  /** Calls and streams of one session at a time; more are told busy. */
  operationsPerSessionMax: 4096,
  /** One message from a client; a larger input comes in parts. */
  messageBytesMax: 1024 * 1024,
  partBytes: 256 * 1024,
  /** A session begins with a hello by then, or ends. */
  helloTimeoutMs: 5000,
  /** A node that says nothing for so long, not even to a ping, is stopped or blocked, and so is a client. */
  answerTimeoutMs: 5000,
  /** Each end asks so often whether the other is there. */
  pingMs: 1000,
  /** Items of a stream that may be under way to its reader. */
  streamCredit: 1024,
  /** After this number of bytes of a stream comes a mark; two marks, with the item before each, are under way at most. */
  streamMarkBytes: 256 * 1024,
  streamMarksMax: 2,
  /** Bytes of a duplex that may be under way, in each direction. */
  duplexCredit: 512 * 1024,
  /** An idle connection without a session is closed. */
  serverIdleTimeoutMs: 10_000,
  /** A quiet stream by HTTP writes this often, so that a dead client is noticed. */
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
