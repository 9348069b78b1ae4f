/**
 * Where in the log a time is, without an index by time: numbers rise, and times nearly do.
 *
 * Asked by the event log before it reads a page. Rows form runs: within one, a row's times are at most a minute below the
 * latest of all rows before it, and each row knows that latest time, which never falls: a time is found by halving.
 * Only a clock that was set back by more begins another run, and runs have an index, of a row for each. Invariant: what is
 * skipped holds no event of the wanted times, whatever clocks have done.
 */
import type { LogFilter } from '../../kernel/log-event.ts';
import { storeLimits } from '../limits.ts';
import type { LogRowHead, LogRows } from './rows.ts';

type Times = Pick<LogFilter, 'since' | 'until'>;

/** Where a page begins. Not wanted: nothing before this place (after it, of one that goes backwards) is of these times. */
interface Begin {
  readonly begin: number;
  readonly isWanted: boolean;
}

/** Of a row after that one. @param earliest Of its times. @param at The latest of them. */
export function aheadOf(earliest: number, at: number, newest: LogRowHead | undefined): number {
  if (newest === undefined) return -1;
  const latest = latestOf(newest);
  return earliest < latest - storeLimits.logTimesBackMs ? -1 : Math.max(0, latest - at);
}

export class TimeOrder {
  private readonly rows: LogRows;

  constructor(rows: LogRows) {
    this.rows = rows;
  }

  after(place: number, { since, until }: Times): Begin {
    let begin = place;
    if (since === undefined && until === undefined) return { begin, isWanted: true };
    for (let runs = 0; runs < storeLimits.logRunsPerReadMax; runs++) {
      const first = this.rows.headFrom(begin + 1);
      if (first === undefined) return { begin, isWanted: false };
      const next = this.rows.runAfter(first.last);
      const found = since === undefined ? first : this.reaching(since, first, next);
      if (found !== undefined && !this.isBeyond(found, until))
        return { begin: Math.max(begin, found.last - found.count), isWanted: true };
      begin = next === undefined ? (this.rows.newest()?.last ?? begin) : next.last - next.count;
    }
    return { begin, isWanted: false };
  }

  before(place: number, { since, until }: Times): Begin {
    let begin = place;
    if (since === undefined && until === undefined) return { begin, isWanted: true };
    for (let runs = 0; runs < storeLimits.logRunsPerReadMax; runs++) {
      const own = this.rows.headFrom(begin - 1);
      const oldest = this.rows.oldest();
      if (own === undefined || oldest === undefined || begin <= oldest.last - oldest.count + 1)
        return { begin, isWanted: false };
      const first = this.rows.runUpTo(own.last) ?? oldest;
      const found = this.lastBelow(until, first, own);
      if (since === undefined || latestOf(found) >= since)
        return { begin: Math.min(begin, found.last + 1), isWanted: true };
      begin = first.last - first.count + 1;
    }
    return { begin, isWanted: false };
  }

  /** The last one of a run, up to `own`, that may hold something below this time. */
  private lastBelow(until: number | undefined, first: LogRowHead, own: LogRowHead): LogRowHead {
    if (until === undefined) return own;
    return this.reaching(until + storeLimits.logTimesBackMs, first, { ...own, last: own.last + 1 }) ?? own;
  }

  /** All of this row is at this time or later, and so is all that follows in its run. */
  private isBeyond(row: LogRowHead, until: number | undefined): boolean {
    if (until === undefined || beginsRun(row)) return false;
    const before = this.rows.headBefore(row.last);
    return before !== undefined && latestOf(before) - storeLimits.logTimesBackMs >= until;
  }

  /** The first row of a run whose latest time is this one or later. @param next The first one after the run. */
  private reaching(time: number, first: LogRowHead, next: LogRowHead | undefined): LogRowHead | undefined {
    const end = next?.last ?? Number.POSITIVE_INFINITY;
    let low = first.last;
    let high = next === undefined ? (this.rows.newest()?.last ?? low) : next.last - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.rows.headFrom(middle);
      if (row === undefined || row.last >= end || latestOf(row) >= time) high = middle;
      else low = row.last + 1;
    }
    const found = this.rows.headFrom(low);
    return found === undefined || found.last >= end || latestOf(found) < time ? undefined : found;
  }
}

/** Of all rows of its run up to this one. */
function latestOf({ at, ahead }: LogRowHead): number {
  return at + Math.max(0, ahead);
}

function beginsRun({ ahead }: LogRowHead): boolean {
  return ahead < 0;
}
