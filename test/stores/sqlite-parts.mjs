// The parts of the conformance suite (shapes.ts), as statements of SQLite.

import { SkeinError } from '../../dist/index.js';

const ledger = {
  name: 'ledger',
  migrations: [
    'CREATE TABLE ledger (n INTEGER PRIMARY KEY, text TEXT NOT NULL, bytes BLOB NOT NULL) STRICT',
    'CREATE TABLE ledger_puts (one INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT; INSERT INTO ledger_puts VALUES (1, 0)',
  ],
  frees: ['remove'],
  operations(database, log) {
    const add = database.prepare(
      'INSERT INTO ledger VALUES (?, ?, ?) ON CONFLICT (n) DO UPDATE SET text = excluded.text, bytes = excluded.bytes',
    );
    const count = database.prepare('UPDATE ledger_puts SET count = count + 1 RETURNING count');
    const get = database.prepare('SELECT text, bytes FROM ledger WHERE n = ?');
    const remove = database.prepare('DELETE FROM ledger WHERE n = ? RETURNING n');
    const list = database.prepare('SELECT n, text, bytes FROM ledger WHERE n >= ? AND n < ? ORDER BY n');
    const put = ({ n, text, bytes }) => {
      add.run(n, text, bytes);
      return count.get().count;
    };
    return {
      put,
      get: (n) => get.get(n),
      remove: (n) => remove.get(n) !== undefined,
      list: ({ from, below }) => list.all(from, below),
      putAll({ rows, failAfter }) {
        for (const [i, row] of rows.entries()) {
          if (i === failAfter) throw new Error(`failed after ${failAfter}`);
          put(row);
        }
      },
      refuse({ why }) {
        put({ n: 1, text: why, bytes: new Uint8Array() });
        throw new SkeinError('SKEIN_REFUSED', why, { details: { why } });
      },
      note({ events, fails = false }) {
        log.append(events);
        put({ n: 1, text: 'noted', bytes: new Uint8Array() });
        if (fails) throw new Error('noted, and failed');
      },
      readLog: (request) => log.read(request),
    };
  },
};

const tally = {
  name: 'tally',
  migrations: [
    'CREATE TABLE tally (one INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT; INSERT INTO tally VALUES (1, 0)',
  ],
  operations(database) {
    const add = database.prepare('UPDATE tally SET total = total + ? RETURNING total');
    const get = database.prepare('SELECT total FROM tally');
    return { put: (by) => add.get(by).total, get: () => get.get().total };
  },
};

export const parts = [ledger, tally];
