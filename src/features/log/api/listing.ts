/** `log.list`: pages of the log put together, forwards or the newest ones. Called by the log's facade. */
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
  for (;;) {
    const part = await source.after(place, wanted, pageOf(limit - entries.length));
    if (part.isOther) throw otherStore(place, part);
    entries.push(...part.entries);
    place = part.next;
    if (!part.isMore || entries.length >= limit)
      return { entries, cursor: textOf(place), isMore: part.isMore };
  }
}

/** The cursor is where the log ended when this was begun: what comes later follows there. */
async function newest(source: LogSource, last: number, { limit = last, ...filter }: LogListOptions) {
  const wanted = coreFilter(filter);
  const count = Math.min(last, limit);
  const pages: (readonly LogEntry[])[] = [];
  let end: Cursor | undefined;
  let place: Cursor | undefined;
  for (let left = count; ; ) {
    const part: LogPart = await source.before(place, wanted, pageOf(left));
    if (part.isOther) throw otherStore(place, part);
    end ??= part.end;
    place = part.next;
    pages.unshift(part.entries);
    left -= part.entries.length;
    if (!part.isMore || left <= 0) return { entries: pages.flat(), cursor: textOf(end), isMore: false };
  }
}

function pageOf(left: number): number {
  return Math.min(left, logLimits.logEventsPerPage);
}
