/** The limits of the denials' core, each with its reason. */
export const denialLimits = {
  /** Pairs of name and identity that are denied at a time: a mesh that shuts out more needs a new key. */
  denialsMax: 1000,
  /** Denials that were taken back and are remembered, so that a member that was away cannot bring them back. */
  denialsTakenBackMax: 1000,
  /** A member may be this many changes of one denial behind; one that lies could otherwise name a last version. */
  denialStepMax: 1024,
  /** UTF-8 bytes of the name of the node that has denied another one. */
  denialByBytesMax: 64,
  /** What has changed is sent to neighbors and written at most this often. */
  denialGapMs: 1000,
  /**
   * Lists that one neighbor may send: one as a link opens, then one for each gap, and those that come at once where the
   * network has held them back for as long as a link outlasts that.
   */
  denialListsBurst: 32,
  denialListsPerSecond: 2,
  /** A node that is denied repeats it to its program at most this often. */
  denialWarnedMs: 60_000,
  /**
   * A node without a link that was turned away as denied takes itself for denied this long, where its own list does not
   * say so: longer than it waits between two dials.
   */
  denialTurnedAwayMs: 120_000,
} as const;
