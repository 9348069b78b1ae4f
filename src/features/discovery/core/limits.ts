/** The limits of the discovery feature, each with its reason. */
export const discoveryLimits = {
  /** meshage and skein before it: one well-known UDP port, shared by all nodes of a machine. */
  discoveryPort: 7077,
  /** How long a program waits for a link that it dials: longer than connecting and the handshake together. */
  dialWaitMs: 15_000,
  /** Each solicitation is sent to each target; a machine with more networks than this names them itself. */
  broadcastTargetsMax: 32,
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
  /** Peers of which it is remembered that some of their addresses lead to other nodes. */
  wrongAddressPeersMax: 256,
  /** After this such an address is tried in its turn again: networks change. */
  wrongAddressKeptMs: 600_000,
  /** A node to which others have come as to their seed closes links beyond this number, and beyond twice its degree, */
  surplusFromLinks: 16,
  /** this number at a time, */
  surplusClosedMax: 8,
  /** and looks for such ones at this interval: what it has closed is known to the mesh by then. */
  surplusLookMs: 1000,
  /** A link hung up by hand is not dialed again automatically for this long. */
  hangupQuietMs: 30_000,
} as const;
