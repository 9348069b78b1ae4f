/**
 * The log of the swarm, as a program sees it: what has happened, and never what was sent.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-log.ts`); a part of every
 * node. Invariant: whatever is here works the same through both.
 */
import type { MessageStream, MessageSubscription, StreamOptions } from '../../kit/streams.ts';

/** What the log adds to a node. */
export interface LogNodeApi {
  /** What has happened in the swarm, kept by the broker's store. */
  readonly log: LogApi;
}

/** The log of the swarm: read, followed and kept. Events are kept for 30 days, and 1 GiB of them at most. */
export interface LogApi {
  /**
   * Events that were kept, the oldest first.
   * @throws SkeinError SKEIN_INVALID for a cursor of another store; SKEIN_TIMEOUT without a broker that answers in 10 s;
   * SKEIN_STORE: its store cannot be read.
   */
  list(options?: LogListOptions): Promise<LogList>;
  /**
   * Every event from now on, or from a cursor on, as it is stored; over changes of the broker, and without a gap. Where
   * events were deleted before they were read, an entry of type `log.gap` says how many; where another store has taken
   * the place of the one that was read, `log.reset` says so, and what that one holds follows. The broker gives the next
   * page once this one was read.
   * @throws SkeinError SKEIN_INVALID, from the iteration, for a cursor of another store.
   */
  follow(options?: LogFollowOptions): MessageStream<LogEntry>;
  /**
   * Calls `handler` with all events, some at a time and in order, beginning with the oldest that is kept. The store
   * remembers under `name` how far it has come: once its promise resolves, these events are acknowledged. Another run
   * goes on from there, on any node. When it throws, it is called with the same events again. Events that were handled
   * and not acknowledged, since one of the two ends died, come again.
   * @throws TypeError for arguments.
   */
  keep(
    name: string,
    handler: (entries: readonly LogEntry[]) => unknown,
    options?: LogKeepOptions,
  ): MessageSubscription;
  /** All durable readers that the store remembers, and how far each has come. @throws as `list`. */
  readers(): Promise<LogReader[]>;
  /** The store forgets a durable reader; one of that name begins again. Resolves with false where there was none. @throws as `list`. */
  forget(name: string): Promise<boolean>;
}

/** Which events are wanted: those that fit everything that is given. */
export interface LogFilter {
  /** One type or several; `letter` stands for `letter.stored` and all others that begin with it and a dot. */
  readonly type?: string | readonly string[];
  /** Only events that come from this node. */
  readonly from?: string;
  /** Only events that are for this node. */
  readonly to?: string;
  /** Only events about this: the id of a letter, the name of a node. */
  readonly subject?: string;
  /** Only events that come from this node, are for it or are about it. */
  readonly node?: string;
  /** Only events since then. */
  readonly since?: Date;
  /** Only events before then. */
  readonly until?: Date;
}

/** What to list. */
export interface LogListOptions extends LogFilter {
  /** Only events after this place. Default: from the oldest on. */
  readonly after?: string;
  /** This number of the newest, instead of the oldest. */
  readonly last?: number;
  /** At most this number. Default 500; at most 100,000. */
  readonly limit?: number;
}

/** What to follow. */
export interface LogFollowOptions extends LogFilter, StreamOptions {
  /** Begins after this place. Default: with what is stored from now on. */
  readonly after?: string;
}

/** How the log is kept. */
export interface LogKeepOptions extends LogFilter, StreamOptions {}

/** A part of the log. */
export interface LogList {
  /** The oldest first. */
  readonly entries: readonly LogEntry[];
  /** The place after what was looked at: `list` and `follow` go on from here. */
  readonly cursor: string;
  /** There are more. */
  readonly isMore: boolean;
}

/** One event of the log. */
export interface LogEntry {
  /** Its place, for `after`. */
  readonly cursor: string;
  /** Its number: in one store they rise by one from event to event, whatever is deleted. */
  readonly n: number;
  /** Unix milliseconds, by the clock of the broker that has written it. */
  readonly at: number;
  /** What has happened, such as `letter.stored`; docs/log.md has the list. */
  readonly type: string;
  /** The node that it comes from: of a letter its author, also where it was delivered. */
  readonly from: string;
  /** What it is about: the id of a letter, the name of a node. */
  readonly subject: string;
  /** The nodes that it is for; of more than 16 the first ones. */
  readonly to: readonly string[];
  /** The nodes that it has passed, the broker that has written it last. */
  readonly trace: readonly string[];
  /** A reason, or what else there is to say; may be empty. */
  readonly note: string;
  /** Of `log.gap`: the number of events that were deleted before they were read. */
  readonly lost?: number;
}

/** A durable reader: a program that keeps the log, and whose place the store remembers. */
export interface LogReader {
  /** The name that it keeps the log under. */
  readonly name: string;
  /** The last place that it has acknowledged. */
  readonly cursor: string;
  /** When it did: Unix milliseconds. */
  readonly at: number;
}
