/**
 * The log of a store: what every store does alike with the rows that it keeps in its own way.
 *
 * Given to each operation of a feature. The events of one call of `append` are one row, under the number of the last of
 * them. Invariant: numbers rise without holes, also over deletions, since the newest row is never deleted; rows are
 * deleted from the front alone.
 */
import type { LogEvent, LoggedEvent, LogPage, LogRequest, StoreLog } from '../../kernel/log-event.ts';
import { storeLimits } from '../limits.ts';
import { fits } from './filter.ts';
import { pack, unpack } from './packed-events.ts';
import type { LogRow, LogRowHead, LogRows } from './rows.ts';
import { aheadOf, TimeOrder } from './time-order.ts';

export interface LogLimits {
  readonly keptMs: number;
  readonly bytesMax: number;
}

const kept: LogLimits = { keptMs: storeLimits.logKeptMs, bytesMax: storeLimits.logBytesMax };

export class EventLog implements StoreLog {
  private readonly rows: LogRows;
  private readonly limits: LogLimits;
  private readonly times: TimeOrder;

  constructor(rows: LogRows, limits: LogLimits = kept) {
    this.rows = rows;
    this.limits = limits;
    this.times = new TimeOrder(rows);
  }

  append(events: readonly LogEvent[]): void {
    if (events.length === 0) return;
    const [earliest, at] = endsOfTimes(events);
    const newest = this.rows.newest();
    const packed = pack(at, events);
    const row = {
      last: (newest?.last ?? 0) + events.length,
      count: events.length,
      at,
      ahead: aheadOf(earliest, at, newest),
      start: newest === undefined ? 0 : newest.start + newest.bytes,
      bytes: packed.length + storeLimits.logRowBytes,
      events: packed,
    };
    this.rows.insert(row);
    // By size alone: the clock that has dated it may have been set by years a moment ago.
    this.deleteFirst(row, storeLimits.logRowsTrimmedMax, (oldest) => this.isTooMuch(oldest, row));
  }

  trim(now: number, rows: number): boolean {
    const newest = this.rows.newest();
    if (newest === undefined) return false;
    const isOver = (oldest: LogRowHead) => this.isTooMuch(oldest, newest) || this.isOld(oldest, now);
    return this.deleteFirst(newest, rows, isOver);
  }

  read(request: LogRequest): LogPage {
    const [first, last] = [this.rows.oldest(), this.rows.newest()];
    if (first === undefined || last === undefined)
      return { events: [], place: 0, isMore: false, lost: 0, oldest: 0, newest: 0 };
    const ends = { oldest: first.last - first.count + 1, newest: last.last };
    if (request.after !== undefined) return { ...this.forward(request, request.after, ends), ...ends };
    return { ...this.backward(request, request.before ?? ends.newest + 1, ends), ...ends, lost: 0 };
  }

  private forward(request: LogRequest, after: number, { oldest, newest }: Ends) {
    const first = Math.max(after, oldest - 1);
    const lost = first - after;
    const { begin, isWanted } = this.times.after(first, request.filter);
    if (!isWanted) return { events: [], place: begin, isMore: begin < newest, lost };
    const { events, place } = collected(this.eventsAfter(begin), begin, request);
    return { events, place, isMore: place < newest, lost };
  }

  private backward(request: LogRequest, before: number, { oldest, newest }: Ends) {
    const { begin, isWanted } = this.times.before(Math.min(before, newest + 1), request.filter);
    if (!isWanted) return { events: [], place: begin, isMore: begin > oldest };
    const { events, place } = collected(this.eventsBefore(begin), begin, request);
    return { events: events.reverse(), place, isMore: place > oldest };
  }

  private *eventsAfter(n: number): Iterable<LoggedEvent> {
    const { logRowsPerReadMax, logBytesPerReadMax } = storeLimits;
    for (const row of this.rows.after(n, logRowsPerReadMax, logBytesPerReadMax))
      for (const event of eventsOf(row)) if (event.n > n) yield event;
  }

  private *eventsBefore(n: number): Iterable<LoggedEvent> {
    const { logRowsPerReadMax, logBytesPerReadMax } = storeLimits;
    for (const row of this.rows.backFrom(n - 1, logRowsPerReadMax, logBytesPerReadMax))
      for (const event of eventsOf(row).reverse()) if (event.n < n) yield event;
  }

  /** From the front, never the newest. @returns True: there are more to delete. */
  private deleteFirst(newest: LogRowHead, rows: number, isOver: (oldest: LogRowHead) => boolean): boolean {
    for (let deleted = 0; ; deleted++) {
      const oldest = this.rows.oldest() as LogRowHead;
      if (oldest.last === newest.last || !isOver(oldest)) return false;
      if (deleted === rows) return true;
      this.rows.delete(oldest.last);
    }
  }

  private isTooMuch(oldest: LogRowHead, newest: LogRowHead): boolean {
    return newest.start + newest.bytes - oldest.start > this.limits.bytesMax;
  }

  /**
   * One that is dated in the future was written by a clock that was ahead, and is at least as old as the next run that is
   * not. Of all others their own date counts: after a clock that was behind for a moment, what came before is not old.
   */
  private isOld({ at, last }: LogRowHead, now: number): boolean {
    const oldest = now - this.limits.keptMs;
    if (at <= now) return at < oldest;
    let run = this.rows.runAfter(last);
    for (let runs = 1; run !== undefined && run.at > now && runs < storeLimits.logRunsPerReadMax; runs++)
      run = this.rows.runAfter(run.last);
    return run !== undefined && run.at < oldest;
  }
}

interface Ends {
  readonly oldest: number;
  readonly newest: number;
}

function eventsOf({ last, count, at, events }: LogRow): LoggedEvent[] {
  return unpack(at, events).map((event, i) => ({ n: last - count + 1 + i, ...event }));
}

/** The earliest and the latest. */
function endsOfTimes(events: readonly LogEvent[]): readonly [number, number] {
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of events) {
    if (at < earliest) earliest = at;
    if (at > latest) latest = at;
  }
  return [earliest, latest];
}

/** Those that are wanted, as many as fit into a page, and how far it has come. */
function collected(all: Iterable<LoggedEvent>, begin: number, { limit, filter }: LogRequest) {
  const events: LoggedEvent[] = [];
  let place = begin;
  let left: number = storeLimits.logBytesPerPageMax;
  for (const event of all) {
    const isWanted = fits(event, filter);
    if (isWanted) left -= sizeOf(event);
    if (events.length === limit || (left < 0 && events.length > 0)) break;
    place = event.n;
    if (isWanted) events.push(event);
  }
  return { events, place };
}

function sizeOf({ type, author, subject, recipients, trace, note }: LoggedEvent): number {
  const texts = [type, author, subject, note, ...recipients, ...trace];
  return texts.reduce<number>((sum, text) => sum + text.length, storeLimits.logRowBytes);
}
