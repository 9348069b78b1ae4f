/**
 * Every queue, map, loop and retry of the core has its limit here, with the reason.
 *
 * Who calls it: every room of the core. Invariant: a number that a stranger or a slow neighbor could
 * drive up stands in this file, not in the code that uses it. Units are the last word of each name.
 */
export const limits = {
  // ── wire ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Largest frame accepted, header included. One frame must not hold a link for long: 1 MiB is ~10 ms at 1 Gbit/s. */
  frameBytesMax: 1024 * 1024,
  /** Hops a frame may make. Twice the diameter of any mesh we know of; only a routing loop gets there. */
  ttlHops: 64,
  /** Recipients one frame may carry: 6 bytes each, so the list stays far below one frame. */
  recipientsPerFrameMax: 4096,
  /** UTF-8 bytes of a label, such as a kind's name: its length fits one byte of a varint. */
  kindBytesMax: 127,
  /** Hops that a traced frame records before it stops recording: the ttl bounds it anyway. */
  traceHopsMax: 64,

  // ── link ──────────────────────────────────────────────────────────────────────────────────────────────
  /** From the first byte to an open link. Covers a name probe (1 s) and a slow machine. */
  handshakeTimeoutMs: 10_000,
  /** Bytes of one hello: a stranger may make us hold this much before it has proven anything. */
  helloBytesMax: 16 * 1024,
  /** Each end sends this often; heartbeats also carry the round trip. Behaviors are ticked in the same breath. */
  heartbeatIntervalMs: 1000,
  /** A neighbor whose event loop may stop for this long is still alive (its hello can ask for more). */
  stallToleranceMs: 3000,
  /** The most a hello may ask for: beyond a minute a dead node would hold its routes for too long. */
  stallToleranceMsMax: 60_000,
  /** A neighbor silent for two heartbeats is stalled: routed around where another path exists. */
  stalledAfterMs: 2200,
  /** Poll phases that must pass without a byte before silence means death: bytes may wait in the kernel. */
  silencePollPhases: 2,
  /** A wake-up later than this is our own lag: every deadline of silence grows by it. */
  lagForgivenFromMs: 50,
  /** A lag this long may be a suspend, in which nobody's time counts: all since the last turn is forgiven. */
  suspendFromMs: 1000,
  /** A clock that is corrected by less at a time is followed: the network does that, and nothing expires for it. */
  clockStepMs: 5000,
  /** Handed to a socket at a time: what is handed cannot be overtaken by a heartbeat. */
  handedBytesMax: 256 * 1024,
  /** Waiting for one link; beyond it frames are refused with `busy` and counted. */
  linkQueueBytesMax: 16 * 1024 * 1024,
  /** Urgent frames (topology, heartbeats) are never refused; a neighbor that leaves this much unread is cut off. */
  linkUrgentBytesMax: 64 * 1024 * 1024,
  /** Links of one node. Each costs a heartbeat a second and a copy of each flooded record. */
  linksMax: 1024,
  /** Private links of one node besides these, of all its features together. */
  privateLinksMax: 1024,
  /** Handshakes under way at once; one more, and the oldest that has proven nothing makes room. */
  handshakesMax: 256,
  /** Warnings of strangers that were refused, in the log: one a minute in the long run, some at once. */
  strangerWarningsPerSecond: 1 / 60,
  strangerWarningsBurst: 20,
  /** A closing link may take this long to send what is queued. */
  drainTimeoutMs: 1500,

  // ── records and routes ────────────────────────────────────────────────────────────────────────────────
  /** Records one node keeps, the unreachable included: ten times the largest mesh we mean. */
  recordsMax: 50_000,
  /** All records together, encoded: 5 KiB for each of the most, and no more where each is as large as it may be. */
  recordsBytesMax: 256 * 1024 * 1024,
  /** One record, encoded. 1,024 links, 256 services and the features' sections fit. */
  recordBytesMax: 64 * 1024,
  /** One feature's section: 32 of these and 1,024 links fit a record. */
  sectionBytesMax: 1024,
  linksPerRecordMax: 1024,
  /** Epochs and sequences beyond this are not believed: a forged one at the end of 32 bits could never be outbid. */
  recordVersionMax: 2 ** 31,
  addressesPerRecordMax: 16,
  servicesPerRecordMax: 256,
  sectionsPerRecordMax: 32,
  /** An unreachable node's record is kept this long: forgetting it sooner makes re-merged islands argue for ever. */
  unreachableKeptMs: 3_600_000,
  /** Unreachable for this long, another life of one's own name is gone without a probe; less may be a record that has outrun its neighbors'. */
  goneAfterMs: 50,
  /** A record of a life that is over does not count for this long where another is there, which will outbid it: after a probe, and across the mesh. */
  contestMs: 3000,
  /** Nodes within reach for less than this do not count for the size of an island: they may have come with a namesake. */
  islandSettledMs: 1000,
  /** Routes are computed at once after a quiet time, then at gaps that double: 20 times a second at most. */
  routesGapMs: 5,
  routesGapMsMax: 50,

  // ── dials and datagrams ───────────────────────────────────────────────────────────────────────────────
  /** TCP connect. Loopback and LANs answer in milliseconds; 3 s is one lost SYN and its repeat. */
  dialTimeoutMs: 3000,
  /** Addresses of one peer that are dialed at a time: more would be a scan, fewer let one dead address delay all others. */
  racingDialsMax: 4,
  /** Between the dials of two addresses of one peer, while none has failed (RFC 8305: connection attempt delay). */
  dialStaggerMs: 250,
  /** IP addresses of one name that are left out of its next dial because they led to the wrong node. */
  dialAvoidMax: 16,
  /** Strangers remembered for `why` (other namespaces, other keys). */
  strangersMax: 64,
  datagramBytesMax: 1400,

  // ── what features send ────────────────────────────────────────────────────────────────────────────────
  /** A send to a node that was lost this recently waits for a new route (until its timeout); to others it fails at once. */
  routeGraceMs: 5000,
  /** Unresolved messages of one source. The receivers' memory of duplicates is bounded by it. */
  unresolvedMax: 65_536,
  /** First repeat of an unacknowledged message; doubles at each repeat. */
  repeatAfterMs: 1000,
  repeatAfterMsMax: 4000,
  /** Sources whose duplicates are remembered; the longest idle is forgotten first. */
  dedupSourcesMax: 8192,
  /** How long an idle source's duplicates are remembered (the stated window). */
  dedupIdleMs: 120_000,
  /** Of nodes whose record is on its way, for each feature: what they send in their first moments. */
  unknownSourceBytesMax: 4 * 1024 * 1024,
  /** A record takes a few gaps between floods, at each hop, and longer in the start of many. */
  unknownSourceMs: 5000,

  // ── lines ─────────────────────────────────────────────────────────────────────────────────────────────
  /** Of one part of a message of a line: a frame holds it, and a link is not blocked for long. */
  linePartBytesMax: 256 * 1024,
  /** Sent on one line and not processed by the other end: what one member makes a broker hold. */
  lineWindowBytes: 1024 * 1024,
  /** Messages of one line that are not processed: those of a window are far fewer, and one that ignores its window stops here. */
  lineUnprocessedMax: 65_536,
  /** Of messages that are not put together yet, on all lines of a feature: two of the largest. */
  linePartialBytesMax: 160 * 1024 * 1024,
  /** What has come is acknowledged with what is sent to the same node, at the latest after this time. */
  lineAckMs: 10,
  /** That much is acknowledged at once: a quarter of the window. */
  lineAckBytes: 256 * 1024,
  /** What is missing is sent again at most this often. */
  lineAgainMs: 100,
  /** Nothing is sent on a line for so long after a full queue, and where there is no route. */
  lineBusyMs: 20,
  lineNoRouteMs: 500,
  /** Incarnations that are remembered as over: one that is back after a lie about it hears what was forgotten. Of earlier ones it is found out once they say something. */
  lineLivesOverMax: 4096,

  // ── services ──────────────────────────────────────────────────────────────────────────────────────────
  /** A service's name is 1 to 64 of `[A-Za-z0-9._-]`, as a node's. */
  serviceBytesMax: 64,

  // ── kernel ────────────────────────────────────────────────────────────────────────────────────────────
  /** A behavior that throws this often within a minute is switched off: the node and its other features go on. */
  behaviorThrowsMax: 100,
  behaviorThrowsMs: 60_000,
  /** A call that takes longer blocks heartbeats and all other features; it is named in the log and in `status`. */
  behaviorSlowMs: 50,
  /** The log names a slow behavior at most this often. */
  behaviorSlowSaidMs: 60_000,
  /** A behavior whose deadline still lies in the past after it was called is called again after this. */
  deadlineAgainMs: 10,
  /** Rounds of flushing and local delivery within one turn: more means two behaviors answer each other for ever. */
  roundsPerTurnMax: 100,
} as const;

/** As text, for a limit of whole ones. */
export function mebibytes(bytes: number): string {
  return `${bytes / 1024 ** 2} MiB`;
}
