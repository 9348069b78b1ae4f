/**
 * Ends that their author has not heard of, in a store on SQLite. `reports-model.ts` says what each operation means.
 *
 * Used by `sqlite.ts`. Invariant: a letter that is delivered writes nothing here.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { LetterReport, Undelivered, Unheard } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

export const reportTables = `
  CREATE TABLE letters_report (
    author TEXT NOT NULL,
    -- Rises; given once.
    report INTEGER NOT NULL,
    n INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (author, report)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX letters_report_of ON letters_report (n, recipient);
  CREATE TABLE letters_last_report (one INTEGER PRIMARY KEY CHECK (one = 1), report INTEGER NOT NULL) STRICT;
  INSERT INTO letters_last_report (one, report) VALUES (1, 0);
  -- How many of an author were dropped, since too many waited.
  CREATE TABLE letters_dropped_report (author TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;`;

export class ReportRows {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(database: SqliteDatabase) {
    this.statements = prepare(database);
  }

  add(all: readonly (Undelivered & { readonly n: number })[]): void {
    if (all.length === 0) return;
    const { last, setLast, insert } = this.statements;
    let { report } = last.get() as { report: number };
    for (const { author, n, recipient, state, reason } of all)
      insert.run(author, ++report, n, recipient, state, reason);
    setLast.run(report);
    for (const author of new Set(all.map((each) => each.author))) this.drop(author);
  }

  private drop(author: string): void {
    const { overLimit, deleteUpTo, addDropped } = this.statements;
    const over = overLimit.get(author, letterLimits.letterReportsMax) as { report: number } | undefined;
    if (over === undefined) return;
    const { changes } = deleteUpTo.run(author, over.report);
    addDropped.run(author, changes);
  }

  unheardOf({ author, limit }: { readonly author: string; readonly limit: number }): Unheard {
    const reports = this.statements.read.all(author, limit) as LetterReport[];
    const dropped = this.statements.dropped.get(author) as { count: number } | undefined;
    return { reports: reports.map((each) => ({ ...each })), dropped: dropped?.count ?? 0 };
  }

  heard(input: { readonly author: string; readonly report: number; readonly dropped: number }): void {
    const { deleteUpTo, addDropped, deleteDropped } = this.statements;
    deleteUpTo.run(input.author, input.report);
    if (input.dropped > 0) addDropped.run(input.author, -input.dropped);
    deleteDropped.run(input.author);
  }

  takeBack(n: number, recipient: string): void {
    this.statements.deleteOne.run(n, recipient);
  }

  forget(n: number): void {
    this.statements.deleteOf.run(n);
  }
}

function prepare(database: SqliteDatabase) {
  return {
    last: database.prepare('SELECT report FROM letters_last_report'),
    setLast: database.prepare('UPDATE letters_last_report SET report = ?'),
    insert: database.prepare(
      'INSERT INTO letters_report (author, report, n, recipient, state, reason) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    overLimit: database.prepare(
      'SELECT report FROM letters_report WHERE author = ? ORDER BY report DESC LIMIT 1 OFFSET ?',
    ),
    deleteUpTo: database.prepare('DELETE FROM letters_report WHERE author = ? AND report <= ?'),
    addDropped: database.prepare(
      `INSERT INTO letters_dropped_report (author, count) VALUES (?, ?)
       ON CONFLICT (author) DO UPDATE SET count = count + excluded.count`,
    ),
    deleteDropped: database.prepare('DELETE FROM letters_dropped_report WHERE author = ? AND count <= 0'),
    read: database.prepare(
      `SELECT l.id, r.recipient, r.state, r.reason, r.author, r.report
       FROM letters_report r JOIN letters_letter l ON l.n = r.n
       WHERE r.author = ? ORDER BY r.report LIMIT ?`,
    ),
    dropped: database.prepare('SELECT count FROM letters_dropped_report WHERE author = ?'),
    deleteOne: database.prepare('DELETE FROM letters_report WHERE n = ? AND recipient = ?'),
    deleteOf: database.prepare('DELETE FROM letters_report WHERE n = ?'),
  };
}
