/**
 * What the log of a store holds and how it is read: events of the swarm, never what was sent.
 *
 * Written by operations of every feature that keeps something, read by the log feature. Invariant: events of one store
 * are numbered from 1 without holes, in the order in which their operations were carried out.
 */

/** An event as an operation notes it. Names and texts that are longer than `storeLimits` allows are cut. */
export interface LogEvent {
  /** Words separated by dots, the most general first: `letter.stored`. */
  readonly type: string;
  /** Unix milliseconds, by the clock of the broker that has written it. */
  readonly at: number;
  /** The node that it comes from: of a letter its author. Empty: from the broker itself. */
  readonly author: string;
  /** What it is about: the id of a letter, the name of a node. */
  readonly subject: string;
  /** The nodes that it is for. */
  readonly recipients: readonly string[];
  /** The nodes that it has passed, the broker that wrote it last. */
  readonly trace: readonly string[];
  /** A reason, or what else there is to say. Empty: nothing. */
  readonly note: string;
}

/** An event with its place in the log of its store. */
export interface LoggedEvent extends LogEvent {
  readonly n: number;
}

/** Which events are wanted: those that fit everything that is said here. */
export interface LogFilter {
  /** One of these, or one that begins with one of them and a dot: `letter` stands for `letter.stored` as well. */
  readonly types?: readonly string[];
  readonly author?: string;
  readonly recipient?: string;
  readonly subject?: string;
  /** As author, recipient or subject. */
  readonly node?: string;
  /** Unix milliseconds, itself included. */
  readonly since?: number;
  /** Unix milliseconds, itself excluded. */
  readonly until?: number;
}

export interface LogRequest {
  /** Events after this place, the oldest first. */
  readonly after?: number;
  /** Events before this place, read from the newest on. Without either: those before the end. */
  readonly before?: number;
  /** Events in one page. */
  readonly limit: number;
  readonly filter: LogFilter;
}

/** A page of the log. It may hold few events or none although there are more: what is looked at for it is limited. */
export interface LogPage {
  /** The oldest first. */
  readonly events: readonly LoggedEvent[];
  /** The last place that was looked at; of a page before a place, the first one. The next page goes on from here. */
  readonly place: number;
  /** There is more in this direction. */
  readonly isMore: boolean;
  /** Events between `after` and the first one that is kept: deleted before they were read. */
  readonly lost: number;
  /** The first and the last place that the log holds; both 0 where it holds nothing. */
  readonly oldest: number;
  readonly newest: number;
}

/** The log of a store, as an operation of a feature sees it: what it appends is kept or undone with the operation. */
export interface StoreLog {
  append(events: readonly LogEvent[]): void;
  read(request: LogRequest): LogPage;
  /**
   * Deletes rows that are too old or beyond the size, a limited number. @param now Unix milliseconds that no clock which
   * was just set has made. @returns True: there are more.
   */
  trim(now: number, rows: number): boolean;
}
