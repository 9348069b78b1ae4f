/** The limits of the queries feature, each with its reason. */
export const queryLimits = {
  /** A query waits this long for its answer. One to the swarm waits no longer: the broker gives up then too. */
  queryTimeoutMs: 10_000,
  /** The input of one query: a question to the broker holds 64 KiB, and base64 adds a third. */
  queryInputBytesMax: 32 * 1024,
  /** One answer: the broker's holds 1 MiB, and base64 adds a third. */
  queryAnswerBytesMax: 512 * 1024,
  /** Queries that one node answers at the same time, and that wait for their turn; more are refused as busy. */
  queriesAtWorkMax: 256,
  queriesWaitingMax: 256,
  /** Queries to the swarm that the broker answers at the same time; more are refused as busy. */
  swarmQueriesAtWorkMax: 256,
  /** Of these, those that one answer of a program works on, unless it names another number. */
  queryConcurrency: 16,
  /** Names that the programs of one node answer. */
  queryNamesMax: 256,
  /** Entries of one page of an answer, and the length of its JSON in UTF-16 units. */
  queryPageMax: 200,
  queryPageLengthMax: 128 * 1024,
  /** Recipients that are named of one letter, and nodes of one service. */
  queryNamesShownMax: 100,
} as const;
