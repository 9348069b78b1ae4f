/** The log's part of a store on SQLite: its durable readers. The rows of the log are the store's own. `model.ts` says what each means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import { logLimits } from '../core/limits.ts';
import type { LogShape, ReaderState } from '../core/log-types.ts';
import { beginning, tooMany } from './model.ts';

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
  ],
  operations(database, log) {
    const place = database.prepare('SELECT n FROM log_reader WHERE name = ?');
    const count = database.prepare('SELECT count(*) AS count FROM log_reader');
    const insert = database.prepare('INSERT INTO log_reader (name, n, at) VALUES (?, ?, ?)');
    const advance = database.prepare('UPDATE log_reader SET n = ?, at = ? WHERE name = ?');
    const all = database.prepare('SELECT name, n, at FROM log_reader ORDER BY name');
    const remove = database.prepare('DELETE FROM log_reader WHERE name = ? RETURNING name');
    const placeOf = (name: string) => (place.get(name) as { n: number } | undefined)?.n;
    return {
      read: (request) => log.read(request),
      append: (events) => log.append(events),
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
