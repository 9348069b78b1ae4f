/**
 * An engine on a real file, in the thread of the test, with one part; its library is real, and fails where a test says so.
 *
 * For the tests of what the engine does in one situation each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SkeinError } from '../../src/kernel/errors.ts';
import type { Outcome } from '../../src/stores/parts.ts';
import { type EngineOptions, SqliteEngine } from '../../src/stores/sqlite/engine.ts';
import { loadSqlite, type SqliteDatabase, type SqliteLibrary } from '../../src/stores/sqlite/library.ts';
import type { SqlitePart } from '../../src/stores/sqlite/part.ts';

type Verbs = {
  add(text: string): number;
  all(input: undefined): unknown;
  remove(n: number): boolean;
  refuse(text: string): void;
};

const base = mkdtempSync(join(tmpdir(), 'skein-engine-'));
export const library = loadSqlite();
let files = 0;
export const newPath = () => join(base, `${++files}.sqlite`);
// Files of a worker share this module: it is needed until the last of them is over.
process.on('exit', () => rmSync(base, { recursive: true, force: true }));

export const notes: SqlitePart<Verbs> = {
  name: 'notes',
  migrations: ['CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT'],
  frees: ['remove'],
  operations(database) {
    const add = database.prepare('INSERT INTO notes (text) VALUES (?) RETURNING n');
    const remove = database.prepare('DELETE FROM notes WHERE n = ? RETURNING n');
    const all = database.prepare('SELECT text FROM notes ORDER BY n');
    return {
      add: (text) => (add.get(text) as { n: number }).n,
      all: () => all.all().map((row) => (row as { text: string }).text),
      remove: (n) => remove.get(n) !== undefined,
      refuse(text) {
        add.get(text);
        throw new Error('refused');
      },
    };
  },
};

export function open(path: string, given: Partial<Omit<EngineOptions, 'path'>> = {}) {
  return new SqliteEngine({ library, path, parts: [notes], ...given });
}

export const entry = (verb: string, input?: unknown) => ({
  feature: 'notes',
  operation: { verb, input: input as never },
});
export const add = (text: string) => entry('add', text);
export const textsOf = (engine: SqliteEngine) => answerOf(engine.carryOut([entry('all')])[0]);

export function answerOf(outcome: Outcome | undefined): unknown {
  if (outcome?.ok !== true) throw outcome?.error ?? new Error('no outcome');
  return outcome.value;
}

export function problemOf(run: () => unknown): SkeinError {
  try {
    run();
  } catch (error) {
    return error as SkeinError;
  }
  throw new Error('it did not fail');
}

/** The real library, with a look at each statement that is executed without values. */
export function watched(before: (sql: string, database: SqliteDatabase) => void): SqliteLibrary {
  return {
    name: 'watched',
    open(path) {
      const database = library.open(path);
      return {
        get isTransaction() {
          return database.isTransaction;
        },
        exec(sql) {
          before(sql, database);
          database.exec(sql);
        },
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
      };
    },
  };
}

export function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`made up ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode });
}
