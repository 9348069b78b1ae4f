/** The limits of the log's core, each with its reason. */
export const logLimits = {
  /** Events in one answer of the broker. */
  logEventsPerPage: 500,
  /** A reader that waits for more is answered after this even where there is nothing: a question ends after 10 s. */
  logWaitMs: 7500,
  /** Readers that wait at the broker, of all nodes; one more is refused. */
  logReadersWaitingMax: 1024,
  /** Durable readers that the store remembers, each with how far it has come. */
  logReadersMax: 1000,
  /** Words in one filter of types. */
  logTypesMax: 32,
  /** UTF-8 bytes of a word in a filter. */
  logWordMax: 256,
  /** Events that one `list` collects. */
  logListMax: 100_000,
  /** Without a limit. */
  logList: 500,
  /** A reader whose question has failed asks again after this. */
  logAgainMs: 1000,
  /** A durable reader whose handler has thrown calls it again after this; that doubles up to the second. */
  logKeepAgainMs: 1000,
  logKeepAgainMsMax: 60_000,
  /** What is too old is looked for this often. */
  logTrimMs: 600_000,
  /** Rows that one operation deletes. */
  logRowsPerTrim: 500,
} as const;
