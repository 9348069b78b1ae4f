/** Every number of a store that a busy feature could drive up, with its reason. */
export const storeLimits = {
  /** Of one group: what a slow disk makes durable together. More would only make the first of them wait longer. */
  groupOperationsMax: 500,
  /** The same in bytes of input. One that is larger is a group by itself. */
  groupBytesMax: 4 * 1024 * 1024,
  /** That wait for the disk, in flight included. Each holds a copy of its input; what comes above is refused at once. */
  operationsWaitingMax: 65_536,
  /** Kept on the disk for operations that free room. Above what one transaction of them writes (`scarceOperationsMax`). */
  reserveBytes: 8 * 1024 * 1024,
  /** Between two attempts to fill the reserve again. Each may write all of it, and writes are refused until one succeeds. */
  reserveRetryMs: 5000,
  /** Of the write-ahead log, before it is reported. Usually it begins again after about 4 MiB, unless a reader stands still. */
  writeAheadLogWarnBytes: 64 * 1024 * 1024,
  /** Of the write-ahead log, what stays on the disk when it begins again: room that the next groups write to. */
  writeAheadLogKeptBytes: 8 * 1024 * 1024,
  /** Of one transaction on a full disk. Each changes a few pages of 4 KiB: together about 1 MiB of write-ahead log. */
  scarceOperationsMax: 50,
  /** Events of the log are kept for so long: 30 days. */
  logKeptMs: 30 * 24 * 3_600_000,
  /** Of the log; beyond it the oldest events are deleted, however young they are. */
  logBytesMax: 1024 * 1024 * 1024,
  /** What a row of the log takes in addition to its events, about. */
  logRowBytes: 64,
  /** Deleted from the front with each operation that appends: enough to keep up, and little work for one operation. */
  logRowsTrimmedMax: 4,
  /** Looked at for one page, whether its events are wanted or not: a few milliseconds of the store's thread. */
  logRowsPerReadMax: 256,
  logBytesPerReadMax: 256 * 1024,
  /** Of the texts of one page: as JSON they fit into one answer, whatever they consist of. */
  logBytesPerPageMax: 128 * 1024,
  /** A clock that was set back by more begins a run of rows: in a run, times rise but for this. See `log/time-order.ts`. */
  logTimesBackMs: 60_000,
  /** Runs that one page looks through for its times: a few lookups each. Nobody sets a clock back so often. */
  logRunsPerReadMax: 256,
  /** Names of one event; how many more there are stands in its note. */
  logNamesMax: 16,
  /** Characters of one text of an event: a subject, a reason. */
  logTextMax: 256,
} as const;
