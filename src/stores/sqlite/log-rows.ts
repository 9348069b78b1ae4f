/**
 * Rows of the log on SQLite: a table of the store itself, beside those of features.
 *
 * Made with the parts of a store, whose operations append to it in the transaction of the moment. Invariant: each of
 * these statements finds its rows by the key, however long the log is.
 */
import type { LogRow, LogRowHead, LogRows } from '../log/rows.ts';
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

/**
 * Since format 3. A row of format 2 begins a run of its own: what it says of times holds, though it is found slowly. The
 * index has a row for each run, which is one for each time that the clock was set back, and none for others.
 */
export const logRuns = `
  ALTER TABLE skein_log ADD COLUMN ahead INTEGER NOT NULL DEFAULT -1;
  CREATE INDEX skein_log_run ON skein_log (ahead) WHERE ahead = -1;`;

const head = 'SELECT last, count, at, ahead, start, bytes FROM skein_log';

export const logStatements = {
  oldest: `${head} ORDER BY last LIMIT 1`,
  newest: `${head} ORDER BY last DESC LIMIT 1`,
  insert: 'INSERT INTO skein_log (last, count, at, ahead, start, bytes, events) VALUES (?, ?, ?, ?, ?, ?, ?)',
  delete: 'DELETE FROM skein_log WHERE last = ?',
  headsFrom: `${head} WHERE last >= ? ORDER BY last LIMIT ?`,
  headsBack: `${head} WHERE last <= ? ORDER BY last DESC LIMIT ?`,
  runAfter: `${head} INDEXED BY skein_log_run WHERE ahead = -1 AND last > ? ORDER BY last LIMIT 1`,
  runUpTo: `${head} INDEXED BY skein_log_run WHERE ahead = -1 AND last <= ? ORDER BY last DESC LIMIT 1`,
  from: 'SELECT * FROM skein_log WHERE last BETWEEN ? AND ? ORDER BY last',
  back: 'SELECT * FROM skein_log WHERE last BETWEEN ? AND ? ORDER BY last DESC',
} as const;

type Statement = keyof typeof logStatements;

export class SqliteLogRows implements LogRows {
  private readonly statements: Readonly<Record<Statement, SqliteStatement>>;

  constructor(database: SqliteDatabase) {
    const prepared = Object.entries(logStatements).map(([name, sql]) => [name, database.prepare(sql)]);
    this.statements = Object.fromEntries(prepared);
  }

  oldest(): LogRowHead | undefined {
    return this.statements.oldest.get() as LogRowHead | undefined;
  }

  newest(): LogRowHead | undefined {
    return this.statements.newest.get() as LogRowHead | undefined;
  }

  insert({ last, count, at, ahead, start, bytes, events }: LogRow): void {
    this.statements.insert.run(last, count, at, ahead, start, bytes, events);
  }

  delete(last: number): void {
    this.statements.delete.run(last);
  }

  headFrom(n: number): LogRowHead | undefined {
    return this.statements.headsFrom.get(n, 1) as LogRowHead | undefined;
  }

  headBefore(n: number): LogRowHead | undefined {
    return this.statements.headsBack.get(n - 1, 1) as LogRowHead | undefined;
  }

  runAfter(n: number): LogRowHead | undefined {
    return this.statements.runAfter.get(n) as LogRowHead | undefined;
  }

  runUpTo(n: number): LogRowHead | undefined {
    return this.statements.runUpTo.get(n) as LogRowHead | undefined;
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
