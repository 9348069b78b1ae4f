/**
 * Rows of the log on SQLite: a table of the store itself, beside those of features.
 *
 * Made with the parts of a store, whose operations append to it in the transaction of the moment. Invariant: each of
 * these statements finds its rows by the key, however long the log is.
 */
import type { LogRow, LogRowHead, LogRows } from '../log/event-log.ts';
import type { SqliteDatabase, SqliteStatement } from './library.ts';

/** The events of one operation are one row. */
export const logTable = `
  CREATE TABLE skein_log (
    -- The number of its last event: events are numbered from 1 without holes.
    last INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    -- Unix milliseconds.
    at INTEGER NOT NULL,
    -- Bytes of all rows that were ever before it.
    start INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    -- JSON, see packed-events.ts.
    events TEXT NOT NULL
  ) STRICT;`;

const head = 'SELECT last, count, at, start, bytes FROM skein_log';

type Statement = 'oldest' | 'newest' | 'insert' | 'delete' | 'headsFrom' | 'headsBack' | 'from' | 'back';

export class SqliteLogRows implements LogRows {
  private readonly statements: Readonly<Record<Statement, SqliteStatement>>;

  constructor(database: SqliteDatabase) {
    this.statements = {
      oldest: database.prepare(`${head} ORDER BY last LIMIT 1`),
      newest: database.prepare(`${head} ORDER BY last DESC LIMIT 1`),
      insert: database.prepare(
        'INSERT INTO skein_log (last, count, at, start, bytes, events) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      delete: database.prepare('DELETE FROM skein_log WHERE last = ?'),
      headsFrom: database.prepare(`${head} WHERE last >= ? ORDER BY last LIMIT ?`),
      headsBack: database.prepare(`${head} WHERE last <= ? ORDER BY last DESC LIMIT ?`),
      from: database.prepare('SELECT * FROM skein_log WHERE last BETWEEN ? AND ? ORDER BY last'),
      back: database.prepare('SELECT * FROM skein_log WHERE last BETWEEN ? AND ? ORDER BY last DESC'),
    };
  }

  oldest(): LogRowHead | undefined {
    return this.statements.oldest.get() as LogRowHead | undefined;
  }

  newest(): LogRowHead | undefined {
    return this.statements.newest.get() as LogRowHead | undefined;
  }

  insert({ last, count, at, start, bytes, events }: LogRow): void {
    this.statements.insert.run(last, count, at, start, bytes, events);
  }

  delete(last: number): void {
    this.statements.delete.run(last);
  }

  /** Heads first: rows beyond the bytes that are wanted are not read. */
  after(n: number, rows: number, bytes: number): readonly LogRow[] {
    const heads = this.statements.headsFrom.all(n + 1, rows) as LogRowHead[];
    const [first] = heads;
    const end = heads.findLast(({ start }) => start <= (first?.start ?? 0) + bytes);
    if (first === undefined || end === undefined) return [];
    return this.statements.from.all(first.last, end.last) as LogRow[];
  }

  backFrom(n: number, rows: number, bytes: number): readonly LogRow[] {
    const [own] = this.statements.headsFrom.all(n, 1) as LogRowHead[];
    if (own === undefined) return [];
    const heads = this.statements.headsBack.all(own.last, rows) as LogRowHead[];
    const end = heads.findLast(({ start }) => start >= own.start - bytes);
    return this.statements.back.all(end?.last ?? own.last, own.last) as LogRow[];
  }
}
