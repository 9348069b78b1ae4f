/** The limits of the topology feature, each with its reason. */
export const topologyLimits = {
  /** How often neighbors compare digests (meshage: MSA period). */
  syncPeriodMs: 10_000,
  syncPeriodMsMin: 100,
  syncPeriodMsMax: 3_600_000,
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
  /** How long a living owner of a name has to answer a probe. */
  nameProbeMs: 1000,
  /** Who has told a namesake that it stays stands by it for this long: what was said is then on no way any more. */
  namePromiseKeptMs: 30_000,
  namePromisesMax: 64,
  /** The one of two namesakes that ends stays this much longer, so that the other has outbid its record before it goes. */
  giveWayMs: 500,
  /** Nobody outbids another life of its own name more often than this. */
  outbidIntervalMs: 1000,
  /** Floods on one link: alone a record leaves at once, in a crowd they share frames at gaps that double up to the widest. */
  floodGapMs: 20,
  floodGapMsMax: 80,
  /** Processor time for records of others, and their number, in one turn of the event loop: heartbeats and the program come in between. */
  intakeSliceMs: 5,
  intakeSliceRecords: 256,
  /** Nodes that come and go, reported in one turn: each costs every feature a call. */
  changesPerTurnMax: 256,
  /** Bytes of records that wait for their turn, of one link and in all: the records of the largest mesh that we mean, and of four such at once. */
  backlogLinkBytesMax: 16 * 1024 * 1024,
  backlogBytesMax: 64 * 1024 * 1024,
  /** Nodes that one neighbor may bring of which nothing was known: at once, and a second. A whole island comes over one link; what is invented is as many as somebody likes. */
  newcomersBurst: 2000,
  newcomersPerSecond: 500,
  /** Records that wait for their origin's allowance: of each the newest; a fifth of all nodes never hurry at once. */
  recordsDeferredMax: 10_000,
  /** Bytes of records put into one frame: well below a frame, so that a large island does not block heartbeats. */
  recordsFrameBytesMax: 128 * 1024,
} as const;
