/** The log's part of a store on SQLite: its durable readers, and the last batch of each author. The rows of the log are the store's own. `model.ts` says what each means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import { logLimits } from '../core/limits.ts';
import type { BatchMark, LogShape, ReaderState } from '../core/log-types.ts';
import { beginning, isAppended, tooMany } from './model.ts';

export const logSqlite: SqlitePart<LogShape['store']> = {
  name: 'log',
  frees: ['trim', 'forget'],
  migrations: [
    `CREATE TABLE log_keeper (
      name TEXT PRIMARY KEY,
      -- The last event that it has acknowledged, and when: Unix milliseconds.
      n INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'ALTER TABLE log_keeper RENAME TO log_reader',
    `CREATE TABLE log_mark (
      author TEXT PRIMARY KEY,
      -- The last batch of envelopes of its last incarnation, and when it came: Unix milliseconds.
      incarnation INTEGER NOT NULL,
      number INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
  operations(database, log) {
    const place = database.prepare('SELECT n FROM log_reader WHERE name = ?');
    const count = database.prepare('SELECT count(*) AS count FROM log_reader');
    const insert = database.prepare('INSERT INTO log_reader (name, n, at) VALUES (?, ?, ?)');
    const advance = database.prepare('UPDATE log_reader SET n = ?, at = ? WHERE name = ?');
    const all = database.prepare('SELECT name, n, at FROM log_reader ORDER BY name');
    const remove = database.prepare('DELETE FROM log_reader WHERE name = ? RETURNING name');
    const mark = database.prepare('SELECT incarnation, number FROM log_mark WHERE author = ?');
    const marks = database.prepare('SELECT count(*) AS count FROM log_mark');
    const putMark = database.prepare(
      'INSERT OR REPLACE INTO log_mark (author, incarnation, number, at) VALUES (?, ?, ?, ?)',
    );
    const dropMark = database.prepare(
      'DELETE FROM log_mark WHERE author = (SELECT author FROM log_mark ORDER BY at, author LIMIT 1)',
    );
    const keepMark = ({ author, incarnation, number, at }: BatchMark, isKnown: boolean): void => {
      if (!isKnown && (marks.get() as { count: number }).count >= logLimits.logMarksMax) dropMark.run();
      putMark.run(author, incarnation, number, at);
    };
    const placeOf = (name: string) => (place.get(name) as { n: number } | undefined)?.n;
    return {
      read: (request) => log.read(request),
      append({ events, mark: given }) {
        if (given !== null) {
          const known = mark.get(given.author) as Omit<BatchMark, 'author'> | undefined;
          if (isAppended(given, known)) return false;
          keepMark(given, known !== undefined);
        }
        log.append(events);
        return true;
      },
      reader: (name) => placeOf(name) ?? beginning(log),
      acknowledge({ name, n, at }) {
        const known = placeOf(name);
        if (known !== undefined) {
          if (n > known) advance.run(n, at, name);
          return;
        }
        if ((count.get() as { count: number }).count >= logLimits.logReadersMax) throw tooMany();
        insert.run(name, n, at);
      },
      readers: () => all.all().map((row) => ({ ...(row as ReaderState) })),
      forget: (name) => remove.get(name) !== undefined,
      trim: ({ now, rows }) => log.trim(now, rows),
    };
  },
};
