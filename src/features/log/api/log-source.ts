/**
 * Questions about the log to the broker, and its answers as entries.
 *
 * Used by all that reads the log for a program. Invariant: what a broker of another version, or one that lies, answers is
 * an error and nothing else.
 */
import type { LogFilter } from '../../../kernel/log-event.ts';
import { fields, flag, listOf, number, text } from '../../../kit/answers.ts';
import { readAnswer } from '../../swarm/api/answers.ts';
import type { LogEntry, LogReader } from '../api.ts';
import { type Cursor, readCursor, writeCursor } from '../core/log-types.ts';

type Ask = (verb: string, input: unknown) => Promise<string>;

const page = fields({
  events: listOf(
    fields({
      n: number,
      type: text,
      at: number,
      author: text,
      subject: text,
      recipients: listOf(text),
      trace: listOf(text),
      note: text,
    }),
  ),
  place: number,
  isMore: flag,
  lost: number,
  oldest: number,
  newest: number,
});
const answer = fields({ page, store, isOther: flag });
const reader = fields({ store, n: number });
const readers = fields({ store, readers: listOf(fields({ name: text, n: number, at: number })) });
const forgotten = fields({ isForgotten: flag });
const nothing = fields({});

type Page = ReturnType<typeof answer>['page'];
type GivenEvent = Page['events'][number];

/** A page of the log. */
export interface LogPart {
  readonly entries: readonly LogEntry[];
  /** Where the next one goes on. */
  readonly next: Cursor;
  /** The end of the log when this was read. */
  readonly end: Cursor;
  readonly isMore: boolean;
  /** The cursor is of another store, or beyond the end of this one: nothing was read. */
  readonly isOther: boolean;
}

export class LogSource {
  private readonly ask: Ask;

  constructor(ask: Ask) {
    this.ask = ask;
  }

  /** After a place; without one, from the oldest on. */
  after(cursor: Cursor | undefined, filter: LogFilter, limit: number): Promise<LogPart> {
    const from = cursor === undefined ? { isForward: true } : { cursor: textOf(cursor) };
    return this.part('log.read', { ...from, filter, limit });
  }

  /** Before a place; without one, before the end. */
  before(cursor: Cursor | undefined, filter: LogFilter, limit: number): Promise<LogPart> {
    return this.part('log.read', {
      before: cursor === undefined ? undefined : textOf(cursor),
      filter,
      limit,
    });
  }

  /** Waits until there is more, for a while. Without a cursor: where the log ends. */
  follow(cursor: Cursor | undefined, filter: LogFilter): Promise<LogPart> {
    return this.part('log.follow', { cursor: cursor === undefined ? undefined : textOf(cursor), filter });
  }

  /** Where a durable reader goes on. */
  async reader(name: string): Promise<Cursor> {
    return readAnswer('log.reader', await this.ask('log.reader', { name }), reader);
  }

  async acknowledge(name: string, cursor: Cursor): Promise<void> {
    const input = { name, cursor: textOf(cursor) };
    readAnswer('log.acknowledge', await this.ask('log.acknowledge', input), nothing);
  }

  async readers(): Promise<LogReader[]> {
    const found = readAnswer('log.readers', await this.ask('log.readers', {}), readers);
    return found.readers.map(({ name, n, at }) => ({ name, cursor: writeCursor(found.store, n), at }));
  }

  async forget(name: string): Promise<boolean> {
    return readAnswer('log.forget', await this.ask('log.forget', { name }), forgotten).isForgotten;
  }

  private async part(verb: string, input: object): Promise<LogPart> {
    const read = readAnswer(verb, await this.ask(verb, input), answer);
    const { page: found, store: tag, isOther } = read;
    const { events, place, lost, oldest, newest, isMore } = found;
    const entries = events.map((event) => entryOf(tag, event));
    if (lost > 0) entries.unshift(gap(tag, lost, oldest - 1));
    return { entries, next: { store: tag, n: place }, end: { store: tag, n: newest }, isMore, isOther };
  }
}

export function textOf({ store: tag, n }: Cursor): string {
  return writeCursor(tag, n);
}

/** Another store has taken the place of the one that was read. */
export function reset({ store: tag, n }: Cursor): LogEntry {
  const note = 'the log that was read is gone: another store has taken its place';
  return { ...saidHere(tag, n), type: 'log.reset', note };
}

function gap(tag: string, lost: number, n: number): LogEntry {
  const note = `${lost} events were deleted before they were read`;
  return { ...saidHere(tag, n), type: 'log.gap', note, lost };
}

function saidHere(tag: string, n: number) {
  return { cursor: writeCursor(tag, n), n, at: 0, from: '', subject: '', to: [], trace: [] };
}

function entryOf(tag: string, { author: from, recipients: to, ...event }: GivenEvent): LogEntry {
  return { cursor: writeCursor(tag, event.n), ...event, from, to };
}

function store(value: unknown): string {
  if (readCursor(`${String(value)}.0`) !== undefined) return value as string;
  throw new TypeError('no id of a store');
}
