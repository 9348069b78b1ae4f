/** The limits of the swarm's core, each with its reason. */
export const swarmLimits = {
  /** Questions of one node that wait for the broker; each is kept until it is answered. */
  swarmQuestionsMax: 1024,
  /** A question waits this long for its answer, over a change of broker too. */
  swarmQuestionMs: 10_000,
  /** UTF-8 bytes of one question and of one answer: a page of a list. */
  swarmQuestionBytesMax: 64 * 1024,
  swarmAnswerBytesMax: 1024 * 1024,
  /** What one node watches at the broker at a time: a page of streams; the broker holds a few hundred bytes for each. */
  swarmWatchesMax: 1024,
  /** UTF-8 bytes of what one of them names. */
  swarmTopicsBytesMax: 256,
  /** A store that could not be claimed is tried again after this, when somebody uses it. */
  swarmClaimAgainMs: 1000,
  /** The first letters of a new swarm wait this long, once: until all nodes know where it is kept. */
  swarmNewHomeMs: 250,
  /** A store that could not be opened to see which one it is, is tried again after this. */
  swarmLookAgainMs: 5000,
  /** What the clocks say is kept in the store this often, so that a clock that was set while nobody kept it is noticed. */
  swarmClockKeepMs: 600_000,
  /** What is seen of nodes is written this much later, many in one operation. */
  swarmSeenMs: 1000,
  /** Denials in the store, those that were taken back among them: as many as a member keeps. */
  swarmDenialsMax: 2000,
  /** Names that a swarm remembers: ten times the largest mesh that we mean, over the years. */
  swarmNodesMax: 100_000,
  /**
   * What is done in a pinned name waits this long for the proof of its node, which travels with its announcement: that
   * comes within a second, and is compared with neighbors after 10 s where a flood has lost it.
   */
  swarmProofMs: 12_000,
  /**
   * What a node says first under a name that nobody has pinned waits this long for its proof, once; a node without an
   * identity has none.
   */
  swarmFirstProofMs: 2000,
  /** A pin that could not be written, or may not have been, is written again after this. */
  swarmPinAgainMs: 1000,
  /** Of these, in one such time: a disk that is full refuses them all. */
  swarmPinsPerWrite: 500,
  /** Refusals that one node reports to its program: a broker may lie. */
  swarmNoticesPerSecond: 0.1,
  swarmNoticesBurst: 3,
  /** Joins, leaves and the like that a broker keeps while nobody has used its store: about 1 MiB. */
  swarmEventsKeptMax: 4096,
  /** What a member may cause again and again is noted once in this time, and counted then. */
  swarmRepeatMs: 60_000,
  /** Kinds of that, such as a code and its author, that are counted apart; others are counted together. */
  swarmRepeatsMax: 1000,
  /** Joins and leaves that are written in one operation. */
  swarmEventsPerWrite: 1000,
  /** Nodes in one answer about who was ever here. */
  swarmNodesPerPage: 500,
} as const;
