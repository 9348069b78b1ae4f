/**
 * Every queue, wait and retry of the host has its limit here, with the reason.
 *
 * Who calls it: the transports, the driver and the runtime folder. Invariant: what a stranger could drive
 * up is bounded here; what concerns frames and links is in `kernel/limits.ts`.
 */
export const hostLimits = {
  // ── listener ────────────────────────────────────────────────────────────────────────────────────
  /** Connections that have not yet said what they speak. Honest ones say it at once; the oldest makes room. */
  undecidedMax: 256,
  /** A silent connection costs a file descriptor: honest dialers send their first bytes within a round trip. */
  undecidedTimeoutMs: 5000,
  /** Connections the kernel holds for us while the loop is busy: a mesh of 500 may dial at once. */
  listenBacklog: 511,
  /** A turned-away web browser gets its answer within this, or is cut off. */
  farewellTimeoutMs: 1000,
  /** Answers to those that are turned away on their way at once: a stranger comes thousands of times a second. */
  farewellsMax: 64,

  // ── sockets ─────────────────────────────────────────────────────────────────────────────────────
  /** A name may resolve to many addresses; each gets its share of the dial's time, so there must be few. */
  dialAddressesMax: 8,
  /** Search domains of resolv.conf that are tried: as glibc did for long, and as Kubernetes writes. */
  searchDomainsMax: 6,
  /** Between two looks at the interfaces: a look costs 0.1 ms, and a mesh is to be whole 10 s after a change. */
  interfacesLookMs: 2000,
  /** A closed link's bytes may take this long to leave: 256 KiB at 2 Mbit/s. */
  closeTimeoutMs: 1500,
  /** Of one socket, while what it should write waits for the loop's next turn: receipts of 190 messages of 128 bytes. */
  readPerTurnBytes: 32 * 1024,
  /** Once the node has ended, what still drains gets this long: leaving takes 2 s at most in all. */
  releaseTimeoutMs: 300,

  // ── driver ──────────────────────────────────────────────────────────────────────────────────────
  /** setTimeout turns anything longer into 1 ms. */
  timerMsMax: 2 ** 31 - 1,

  // ── watchdog ────────────────────────────────────────────────────────────────────────────────────
  /** A broker whose event loop stands still for this long ends itself: its address is free for another then. */
  watchdogHungMs: 10_000,
  watchdogTickMs: 1000,

  // ── strangers ───────────────────────────────────────────────────────────────────────────────────
  /** TLS handshakes of others at once; honest ones are over in two round trips, so the oldest makes room. */
  tlsHandshakesMax: 128,
  /** From the first byte of TLS to its end: a slow machine far away needs a second. */
  tlsHandshakeTimeoutMs: 5000,
  /** Below TLS, up to the proof: a handshake, a hello as large as it may be and a proof are half of it. */
  unprovenBytesMax: 64 * 1024,
  /** So often the bytes of those that have proven nothing are looked at. */
  unprovenLookMs: 50,
  /** Connections of one other machine (IPv6: one /64) without proof of the key: its nodes may all start at once. */
  unprovenPerAddressMax: 64,

  // ── keys ────────────────────────────────────────────────────────────────────────────────────────
  /** Two are enough for a rotation; each costs a comparison at each handshake and datagram. */
  keysMax: 16,
  /** A file is read once it has stood still for this long: an editor empties it before it writes. */
  keyFileStillMs: 100,
  /** The slow look at the file: a link on the way to it that leads elsewhere now is not notified. */
  keyFileLookMs: 2000,
  /** Between two links that a removed key ends: the first is back by then (a redial comes within 0.6 s). */
  keyCutGapMs: 700,
  /** From the removal of a key to the end of the last link that stood by it. */
  keyCutMsMax: 5000,
  /** The file of an identity has one line of 59 characters, and comments. */
  identityFileBytesMax: 4096,
  /** Two thousand denials of at most 400 characters: see `denialsMax`. */
  denialFileBytesMax: 1024 * 1024,
  /** Sixteen lines and comments. */
  keyFileBytesMax: 64 * 1024,
  /** Clocks of two members may differ by this much (DESIGN: UDP). */
  clockToleranceMs: 120_000,
  /** Datagrams remembered so that none counts twice: 500 nodes that start at once send a few thousand. */
  noncesMax: 65_536,

  /** Whether there are free file descriptors is looked at this often, and a lack of them told no more often than this. */
  descriptorLookMs: 2000,
  descriptorTellMs: 60_000,

  // ── UDP ─────────────────────────────────────────────────────────────────────────────────────────

  // ── runtime folder ──────────────────────────────────────────────────────────────────────────────
  /** The slow look at the whole folder: repairs what a missed notification or a tidied folder broke. */
  rescanIntervalMs: 5000,
  /** Files looked at in one scan: a scan blocks the loop, at about 30 us a file. */
  entriesMax: 1024,
  /** An entry is well under 1 KiB per address; larger files are not ours. */
  entryBytesMax: 64 * 1024,
  /** `host`, `host-2` ... `host-999`: more nodes than this on one machine choose their names. */
  nameSuffixMax: 999,
  /** A living holder of a name accepts a loopback connection in microseconds. */
  holderProbeMs: 500,

  // ── stores ──────────────────────────────────────────────────────────────────────────────────────
  /** Warnings of a node's stores that its status shows, the latest ones. */
  storeWarningsKept: 5,
} as const;
