/** Rows of a log, and the accesses to them that each kind of store brings; `event-log.ts` does the rest for all of them. */

/** A row without its events. */
export interface LogRowHead {
  /** The number of its last event. */
  readonly last: number;
  /** Of its events. */
  readonly count: number;
  /** Unix milliseconds: the latest time of its events, from which the others are counted. */
  readonly at: number;
  /** By how much the latest time of its run is above `at`; -1: it begins a run. See `time-order.ts`. */
  readonly ahead: number;
  /** Bytes of all rows that were ever before it: how much the log holds is a difference of two. */
  readonly start: number;
  readonly bytes: number;
}

export interface LogRow extends LogRowHead {
  readonly events: string;
}

/** Rows as a store keeps them, by the number of their last event. */
export interface LogRows {
  oldest(): LogRowHead | undefined;
  newest(): LogRowHead | undefined;
  insert(row: LogRow): void;
  delete(last: number): void;
  /** The first one whose last number is this one or above. */
  headFrom(n: number): LogRowHead | undefined;
  /** The last one whose last number is below. */
  headBefore(n: number): LogRowHead | undefined;
  /** The first one after this number that begins a run. */
  runAfter(n: number): LogRowHead | undefined;
  /** The last one up to this number that begins a run. */
  runUpTo(n: number): LogRowHead | undefined;
  /** The first one whose last number is above, and those after it that begin within `bytes` of its beginning. */
  after(n: number, rows: number, bytes: number): readonly LogRow[];
  /** The row of this number, and those before it that begin within `bytes` of its beginning, backwards. */
  backFrom(n: number, rows: number, bytes: number): readonly LogRow[];
}
