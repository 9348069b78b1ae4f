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
  /** Envelopes of messages that wait for the broker: about 2 MB, and two seconds of the rate below. */
  logEnvelopesWaitingMax: 10_000,
  /** Envelopes that one node logs; more are counted. Each is a row's part in the store, and a little work in the turn of its message. */
  logEnvelopesPerSecond: 5000,
  /** In one question to the broker, and in one row of the log; and their bytes, within those of a question. */
  logEnvelopesPerBatch: 500,
  logEnvelopesBytesMax: 56 * 1024,
  /** What is sent is gathered for this long. */
  logEnvelopesWaitMs: 1000,
  /** A broker that has not taken envelopes is given the next ones after a second, doubling to this. */
  logEnvelopesAgainMsMax: 60_000,
  /** Recipients of a message that are named; of more their number is logged. */
  logEnvelopeNamesMax: 16,
  /** An envelope is not logged as older than this: it waits a few seconds here, and for a broker. */
  logEnvelopeAgeMsMax: 60_000,
  /** What a broker accepts of one author, twice what a node sends: beyond it is cut and counted. */
  logEnvelopesFromAuthorPerSecond: 10_000,
  logEnvelopesFromAuthorBurst: 20_000,
  /** Authors whose rates the broker knows; the one that was heard of the longest ago is forgotten. */
  logEnvelopeAuthorsMax: 10_000,
  /** Authors whose last batch the store knows; of the one that was heard of the longest ago a batch could be logged twice. */
  logMarksMax: 10_000,
  /** What is too old is looked for this often. */
  logTrimMs: 600_000,
  /** Rows that one operation deletes. */
  logRowsPerTrim: 500,
} as const;
