/** `log.list`: pages of the log put together, forwards or the newest ones. Called by the log's facade. */
import { ListPages } from '../../../kit/list-pages.ts';
import type { LogEntry, LogList, LogListOptions } from '../api.ts';
import { logLimits } from '../core/limits.ts';
import { type Cursor, readCursor } from '../core/log-types.ts';
import { coreFilter } from './check-options.ts';
import { type LogPart, type LogSource, textOf } from './log-source.ts';
import { otherStore } from './reader.ts';

export function listed(source: LogSource, options: LogListOptions): Promise<LogList> {
  return options.last === undefined ? oldest(source, options) : newest(source, options.last, options);
}

async function oldest(source: LogSource, { after, limit = logLimits.logList, ...filter }: LogListOptions) {
  const wanted = coreFilter(filter);
  const entries: LogEntry[] = [];
  let place = readCursor(after);
  const pages = new ListPages({ what: 'log.read', begin: place?.n ?? 0 });
  for (;;) {
    const part = await source.after(place, wanted, pageOf(limit - entries.length));
    if (part.isOther) throw otherStore(place, part);
    const isNext = pages.take(placesOf(part), { isMore: part.isMore, end: part.next.n });
    entries.push(...part.entries);
    place = part.next;
    if (!isNext || entries.length >= limit) return { entries, cursor: textOf(place), isMore: part.isMore };
  }
}

/** The cursor is where the log ended when this was begun: what comes later follows there. */
async function newest(source: LogSource, last: number, { limit = last, ...filter }: LogListOptions) {
  const wanted = coreFilter(filter);
  const count = Math.min(last, limit);
  const found: (readonly LogEntry[])[] = [];
  let end: Cursor | undefined;
  let place: Cursor | undefined;
  const pages = new ListPages({ what: 'log.read', begin: Number.POSITIVE_INFINITY, isBackward: true });
  for (let left = count; ; ) {
    const part: LogPart = await source.before(place, wanted, pageOf(left));
    if (part.isOther) throw otherStore(place, part);
    end ??= part.end;
    place = part.next;
    const isNext = pages.take(placesOf(part), { isMore: part.isMore, end: part.next.n });
    found.unshift(part.entries);
    left -= part.entries.length;
    if (!isNext || left <= 0) return { entries: found.flat(), cursor: textOf(end), isMore: false };
  }
}

function placesOf({ entries }: LogPart): number[] {
  return entries.map(({ n }) => n);
}

function pageOf(left: number): number {
  return Math.min(left, logLimits.logEventsPerPage);
}
