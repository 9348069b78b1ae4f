/**
 * Reads the log page by page for as long as somebody wants it: over changes of the broker, and where it cannot be read
 * for a while.
 *
 * Used by what follows and by what keeps the log. Invariant: the next page is asked for once the last one was taken; each
 * begins where the last one has ended, or says what lies between.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import type { LogFilter } from '../../../kernel/log-event.ts';
import { ListPages } from '../../../kit/list-pages.ts';
import type { LogEntry } from '../api.ts';
import { logLimits } from '../core/limits.ts';
import type { Cursor } from '../core/log-types.ts';
import { type LogPart, type LogSource, reset, textOf } from './log-source.ts';

export interface ReaderPorts {
  readonly source: LogSource;
  /** The node has ended: nothing is asked any more. */
  isClosed(): boolean;
  /** Calls back once after this time. */
  after(milliseconds: number, callback: () => void): () => void;
}

export interface Reading {
  readonly filter: LogFilter;
  readonly signal: AbortSignal;
  /** Where it begins; undefined: with what is stored from now on. */
  begin(): Promise<Cursor | undefined>;
  /** Where it begins in a store that has taken the place of the one before. */
  beginAgain(store: string): Promise<Cursor>;
  /** The broker has answered for the first time. */
  opened(): void;
  /** What was read, which may be nothing, and the place after it. */
  took(entries: readonly LogEntry[], place: Cursor): Promise<void>;
}

/** Resolves once the signal fires. @throws SkeinError SKEIN_CLOSED, SKEIN_INVALID: it cannot go on. */
export async function readAll(ports: ReaderPorts, reading: Reading): Promise<void> {
  const { signal, filter } = reading;
  const { source } = ports;
  let place = await tried(ports, signal, () => reading.begin());
  const wasGiven = place !== undefined;
  let isFirst = true;
  while (!signal.aborted) {
    const part = await tried(ports, signal, () => followed(source, place, filter));
    if (part === undefined || signal.aborted) return;
    if (part.isOther) {
      if (isFirst && wasGiven) throw otherStore(place, part);
      const { store } = part.next;
      const again = await tried(ports, signal, () => reading.beginAgain(store));
      if (again === undefined) return;
      await reading.took([reset(again)], again);
      place = again;
      continue;
    }
    if (isFirst) reading.opened();
    isFirst = false;
    await reading.took(part.entries, part.next);
    place = part.next;
  }
}

/** What follows a place, which is behind it: another answer would be read again and again. */
async function followed(source: LogSource, place: Cursor | undefined, filter: LogFilter): Promise<LogPart> {
  const part = await source.follow(place, filter);
  if (place === undefined || part.isOther) return part;
  const { entries, next } = part;
  const pages = new ListPages({ what: 'log.follow', begin: place.n });
  pages.take(
    entries.map(({ n }) => n),
    { isMore: false, end: next.n },
  );
  return part;
}

/** Asks again until there is an answer. Undefined: the signal has fired. @throws SkeinError where that is of no use. */
export async function tried<Value>(
  { isClosed, after }: Pick<ReaderPorts, 'isClosed' | 'after'>,
  signal: AbortSignal,
  ask: () => Promise<Value>,
): Promise<Value | undefined> {
  while (!signal.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (isClosed() || !(error instanceof SkeinError) || error.code === 'SKEIN_INVALID') throw error;
    }
    await waited(after, signal, logLimits.logAgainMs);
  }
  return undefined;
}

/** Resolves after this time in milliseconds, at once where the signal fires. */
export function waited(
  after: ReaderPorts['after'],
  signal: AbortSignal,
  milliseconds: number,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = after(milliseconds, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

export function otherStore(place: Cursor | undefined, { end }: LogPart): SkeinError {
  const given = place === undefined ? 'the place' : textOf(place);
  return new SkeinError(
    'SKEIN_INVALID',
    `${given} is not in the log of the store that the broker has, which ends at ${textOf(end)}: read it from its beginning`,
  );
}
