/**
 * Every queue, map, loop and retry of the core has its limit here, with the reason.
 *
 * Who calls it: every room of the core. Invariant: a number that a stranger or a slow neighbor could
 * drive up stands in this file, not in the code that uses it. Units are the last word of each name.
 */
export const limits = {
  // ── wire ────────────────────────────────────────────────────────────────────────────────────────
  /** Largest frame accepted, header included. One frame must not hold a link for long: 1 MiB is ~10 ms at 1 Gbit/s. */
  frameBytesMax: 1024 * 1024,
  /** Hops a frame may make. Twice the diameter of any mesh we know of; only a routing loop gets there. */
  ttlHops: 64,
  /** Recipients one frame may carry: 6 bytes each, so the list stays far below one frame. */
  recipientsPerFrameMax: 4096,
  /** Hops that a traced frame records before it stops recording: the ttl bounds it anyway. */
  traceHopsMax: 64,

  // ── link ────────────────────────────────────────────────────────────────────────────────────────
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
  /** Handed to a socket at a time: what is handed cannot be overtaken by a heartbeat. */
  handedBytesMax: 256 * 1024,
  /** Waiting for one link; beyond it frames are refused with `busy` and counted. */
  linkQueueBytesMax: 16 * 1024 * 1024,
  /** Urgent frames (topology, heartbeats) are never refused; a neighbor that leaves this much unread is cut off. */
  linkUrgentBytesMax: 64 * 1024 * 1024,
  /** Links of one node. Each costs a heartbeat a second and a copy of each flooded record. */
  linksMax: 1024,
  /** Handshakes under way at once; one more, and the oldest that has proven nothing makes room. */
  handshakesMax: 256,
  /** Warnings of strangers that were refused, in the log: one a minute in the long run, some at once. */
  strangerWarningsPerSecond: 1 / 60,
  strangerWarningsBurst: 20,
  /** A closing link may take this long to send what is queued. */
  drainTimeoutMs: 1500,

  // ── topology ────────────────────────────────────────────────────────────────────────────────────
  /** How often neighbors compare digests (meshage: MSA period). */
  syncPeriodMs: 10_000,
  syncPeriodMsMin: 100,
  syncPeriodMsMax: 3_600_000,
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
  /** A node announces a change at once and the next ones after gaps that double up to the widest: a start makes a dozen links in a second. */
  announceGapMs: 50,
  announceGapMsMax: 400,
  /** Records of one origin accepted per second, and at once: per origin, since an honest neighbor relays a whole island. Wider than what a node makes: relays bunch what was sent spaced. */
  recordsPerSecond: 5,
  recordsBurst: 20,
  /** Of the records beyond their origin's allowance one neighbor may bring so many: an honest one brings none but in an uproar. */
  excessRecordsPerSecond: 20,
  excessRecordsBurst: 1000,
  /** Who was cut off for forging or flooding is let in again after this. */
  cutOffMs: 30_000,
  /** An unreachable node's record is kept this long: forgetting it sooner makes re-merged islands argue for ever. */
  unreachableKeptMs: 3_600_000,
  /** Unreachable for this long, another life of one's own name is gone without a probe; less may be a record that has outrun its neighbors'. */
  goneAfterMs: 50,
  /** A record of a life that is over does not count for this long where another is there, which will outbid it: after a probe, and across the mesh. */
  contestMs: 3000,
  /** How long a living owner of a name has to answer a probe. */
  nameProbeMs: 1000,
  /** Who has told a namesake that it stays stands by it for this long: what was said is then on no way any more. */
  namePromiseKeptMs: 30_000,
  namePromisesMax: 64,
  /** Nodes within reach for less than this do not count for the size of an island: they may have come with a namesake. */
  islandSettledMs: 1000,
  /** The younger of two namesakes stays this much longer, so that the older has outbid its record before it goes. */
  giveWayMs: 500,
  /** Nobody outbids another life of its own name more often than this. */
  outbidIntervalMs: 1000,
  /** Floods on one link: alone a record leaves at once, in a crowd they share frames at gaps that double up to the widest. */
  floodGapMs: 20,
  floodGapMsMax: 80,
  /** Routes are computed at once after a quiet time, then at gaps that double: 20 times a second at most. */
  routesGapMs: 5,
  routesGapMsMax: 50,
  /** Records that wait for their origin's allowance: of each the newest; a fifth of all nodes never hurry at once. */
  recordsDeferredMax: 10_000,
  /** Bytes of records put into one frame: well below a frame, so that a large island does not block heartbeats. */
  recordsFrameBytesMax: 128 * 1024,

  // ── discovery ───────────────────────────────────────────────────────────────────────────────────
  /** In a mesh of more nodes than this only one in `solicitRatio` answers (meshage: SOLICIT_LIMIT). */
  solicitLimitNodes: 16,
  /** meshage: SOLICIT_RATIO. */
  solicitRatio: 8,
  /** Of many nodes only so many answer that each wanted link has about this many offers. */
  offersPerLink: 4,
  /** Heard again after this and still outside: the answers to the time before have come to nothing. */
  unansweredAfterMs: 1000,
  /** By this much the share of nodes that answer grows each time: a network of ten in a mesh of a thousand is in at the third. */
  unansweredGrowth: 8,
  /** Longer than the widest gap between solicitations, and ten beacons: who was silent for longer begins anew. */
  unansweredKeptMs: 300_000,
  unansweredMax: 1024,
  /** Who left a solicitation to others looks again after this: the wait of those who answer, and a second to be known to all. */
  reserveWaitMs: 1300,
  /** Three times at most; by then whoever asked has asked again. */
  reserveKeptMs: 4000,
  /** Solicitations left to others: only a start of many brings more at once, and there nobody needs it. */
  reserveMax: 64,
  /** Nodes heard of within this time count as about, whether in the mesh or not. */
  crowdWindowMs: 10_000,
  crowdMax: 10_000,
  /** The wait between solicitations is random in 0..2^k seconds; k grows to this (128 s). */
  solicitBackoffExponentMax: 7,
  /** Datagrams looked at: each costs some microseconds, a sealed one 20. 500 nodes that start at once send 2,000 in a second or two. */
  datagramsPerSecond: 1000,
  datagramsBurst: 4000,
  /** A solicitation is answered after a random wait up to this, so that a crowd does not dial at once. */
  answerJitterMs: 300,
  /** A node that got its links this recently may be in a start of many. */
  startingMs: 3000,
  /** Dials that wait out their jitter: in a cold start of 500 nodes each hears 499 others at once. */
  dialsScheduledMax: 8,
  /** One dial per (node, instance) in this time, however often it is heard. */
  dialAgainMs: 5000,
  /**
   * A broken connection is dialed again after these times, doubled at most: a moment later for one that a
   * middlebox reset, and once more for an interface that was gone for a second and had refused the first.
   */
  redialWaitsMs: [300, 2000] as readonly number[],
  /** The lowest id of a component beacons this often, so that satisfied islands find each other. */
  beaconIntervalMs: 30_000,
  /** One unreachable node is tried about once in this time by its whole component, while its loss is fresh. */
  reuniteIntervalMs: 4000,
  /** After this the interval grows fourfold, after ten times this sixteenfold. */
  reuniteFreshMs: 120_000,
  /** Unreachable nodes one node dials per round. */
  reuniteDialsPerRoundMax: 4,
  /** A seed that does not answer is tried again after 1 s, doubling up to this. */
  seedBackoffMsMax: 15_000,
  /** TCP connect. Loopback and LANs answer in milliseconds; 3 s is one lost SYN and its repeat. */
  dialTimeoutMs: 3000,
  /** A link hung up by hand is not dialed again automatically for this long. */
  hangupQuietMs: 30_000,
  /** Strangers remembered for `why` (other namespaces, other keys). */
  strangersMax: 64,
  datagramBytesMax: 1400,

  // ── messaging ───────────────────────────────────────────────────────────────────────────────────
  /** A send waits this long for its receipts (meshage: DEFAULT_TIMEOUT, 10 s). */
  sendTimeoutMs: 10_000,
  /** A send to a node that was lost this recently waits for a new route (until its timeout); to others it fails at once. */
  routeGraceMs: 5000,
  /** Messages that wait for one consumer (meshage: RECEIVE_BUFFER). */
  receiveBufferMessages: 1024,
  /** The same in bytes, for each consumer; one message always fits. */
  receiveBufferBytes: 64 * 1024 * 1024,
  /** Unresolved messages of one source. The receivers' memory of duplicates is bounded by it. */
  unresolvedMax: 65_536,
  /** Of these, to one node: one that does not answer must not hold up the others. */
  unresolvedPerNodeMax: 16_384,
  /** Bodies kept until their receipts come, in all and for one node: eight of the largest, and two. One always fits. */
  unresolvedBytesMax: 512 * 1024 * 1024,
  unresolvedBytesPerNodeMax: 128 * 1024 * 1024,
  /** First repeat of an unacknowledged message; doubles at each repeat. */
  repeatAfterMs: 1000,
  repeatAfterMsMax: 4000,
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
  /** UTF-8 bytes of a kind's name: its length fits one byte of a varint. */
  kindBytesMax: 127,
  /** Sources whose duplicates are remembered; the longest idle is forgotten first. */
  dedupSourcesMax: 8192,
  /** How long an idle source's duplicates are remembered (the stated window). */
  dedupIdleMs: 120_000,

  /** Of nodes whose record is on its way, for each feature: what they send in their first moments. */
  unknownSourceBytesMax: 4 * 1024 * 1024,
  /** A record takes a few gaps between floods, at each hop, and longer in the start of many. */
  unknownSourceMs: 5000,

  // ── calls ───────────────────────────────────────────────────────────────────────────────────────
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
  /** A service's name is 1 to 64 of `[A-Za-z0-9._-]`, as a node's. */
  serviceBytesMax: 64,
  /** UTF-16 units of a remote error's code and of its message; the rest is cut off. */
  callCodeLength: 128,
  callTextLength: 8192,

  // ── channels ────────────────────────────────────────────────────────────────────────────────────
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
  /** Links of channels alone, besides `linksMax`. */
  privateLinksMax: 1024,
  /** A dial that came to nothing is repeated after 1 s; that doubles up to a minute. The accepting end waits as long for the opener's. */
  privateDialMs: 1000,
  privateDialMsMax: 60_000,
  /** A private link is kept for a moment: the next channel often comes at once. */
  privateLingerMs: 2000,

  // ── formation ───────────────────────────────────────────────────────────────────────────────────
  /** One of the five messages as JSON: Data may carry a payload of this size, all else is far below it. */
  formationMessageBytesMax: 1024 * 1024,
  /** UTF-16 units of a member's name and of a service's: a nanomsg program may take any text. */
  formationNameLength: 64,
  /** UTF-16 units of an address. */
  formationAddressLength: 256,
  /** Higher epochs are not believed: one could not be outbid. They count seconds of Unix time from the 21st bit on. */
  epochMax: 2 ** 52,
  /** Addresses of one formation: a broker looks for others at each of them. */
  formationAddressesMax: 16,
  /** Whoever knows of no broker waits a random time up to this: of many, most find that another was quicker. */
  bindJitterMs: 100,
  /** Then it asks each address whether somebody is there, for this long: once through a slow handshake. */
  askMs: 1000,
  /** The same where a broker was just lost. Each address was looked at while it lived. */
  askAgainMs: 200,
  /** Whoever has an address is announced within this time, or is no broker of this mesh. */
  claimWaitMs: 500,
  /** Without a broker it is tried again after this, doubled at most to the second. */
  seekAgainMs: 500,
  seekAgainMsMax: 5000,
  /** A broker looks at the other addresses this often: two islands that never met have one each. */
  brokerLookMs: 5000,
  /** A request to pair waits this long for a broker and its answer. */
  pairTimeoutMs: 10_000,
  /** Requests to pair that wait. */
  pairsUnresolvedMax: 1024,
  /** Each member tells the broker of itself this often (vee: 2 s). */
  hailIntervalMs: 2000,
  /** Between two hails that have their own reason: other services, another way to the broker. */
  hailGapMs: 100,
  /** A registry entry lasts for three hails that do not come. */
  formationLeaseMs: 6000,
  /** A broker's directory is whole by then: each member hails when it hears of it, a nanomsg program within two seconds. */
  directoryWholeMs: 2500,
  /** Entries of one registry: ten times the largest formation that is meant. */
  registryEntriesMax: 100_000,
  /** Characters of all of them: a hundred thousand with a name, an address and a few services. */
  registryCharactersMax: 32 * 1024 * 1024,
  /** Names that one nanomsg program may hail for: it may speak for several, but not fill the registry alone. */
  registryNamesPerHolderMax: 64,
  /** Names of members that are gone, so that whoever asks for one is told that it was there. */
  formationGoneMax: 4096,

  // ── nanomsg ─────────────────────────────────────────────────────────────────────────────────────
  /** One message of a nanomsg program: what nanomsg takes itself by default (NN_RCVMAXSIZE). */
  spMessageBytesMax: 1024 * 1024,
  /** Memory for a message that has only been announced. */
  spGatherBytes: 4096,

  // ── kernel ──────────────────────────────────────────────────────────────────────────────────────
  /** A behavior whose deadline still lies in the past after it was called is called again after this. */
  deadlineAgainMs: 10,
  /** Rounds of flushing and local delivery within one turn: more means two behaviors answer each other for ever. */
  roundsPerTurnMax: 100,
} as const;

/** As text, for a limit of whole ones. */
export function mebibytes(bytes: number): string {
  return `${bytes / 1024 ** 2} MiB`;
}
