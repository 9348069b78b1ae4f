/** The log's part of a store on SQLite: its keepers. The rows of the log are the store's own. `model.ts` says what each means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import { logLimits } from '../core/limits.ts';
import type { KeeperState, LogShape } from '../core/log-types.ts';
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
  ],
  operations(database, log) {
    const place = database.prepare('SELECT n FROM log_keeper WHERE name = ?');
    const count = database.prepare('SELECT count(*) AS count FROM log_keeper');
    const insert = database.prepare('INSERT INTO log_keeper (name, n, at) VALUES (?, ?, ?)');
    const advance = database.prepare('UPDATE log_keeper SET n = ?, at = ? WHERE name = ?');
    const all = database.prepare('SELECT name, n, at FROM log_keeper ORDER BY name');
    const remove = database.prepare('DELETE FROM log_keeper WHERE name = ? RETURNING name');
    const placeOf = (name: string) => (place.get(name) as { n: number } | undefined)?.n;
    return {
      read: (request) => log.read(request),
      keeper: (name) => placeOf(name) ?? beginning(log),
      acknowledge({ name, n, at }) {
        const known = placeOf(name);
        if (known !== undefined) {
          if (n > known) advance.run(n, at, name);
          return;
        }
        if ((count.get() as { count: number }).count >= logLimits.logKeepersMax) throw tooMany();
        insert.run(name, n, at);
      },
      keepers: () => all.all().map((row) => ({ ...(row as KeeperState) })),
      forget: (name) => remove.get(name) !== undefined,
      trim: ({ now, rows }) => log.trim(now, rows),
    };
  },
};
