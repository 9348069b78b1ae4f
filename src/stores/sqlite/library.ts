/**
 * The SQLite library: that of Node.js where it is new enough, else a package with the same interface.
 *
 * Called by the store's thread. Invariant: a SQLite older than 3.51.3 is never used, since it can corrupt a write-ahead
 * log that two connections write; nothing is printed about an experimental feature.
 */
import { createRequire } from 'node:module';
import { SkeinError } from '../../kernel/errors.ts';

/** What both libraries have of a prepared statement. */
export interface SqliteStatement {
  /** @returns `changes`: rows that it has written. */
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint };
  get(...values: readonly SqliteValue[]): unknown;
  all(...values: readonly SqliteValue[]): unknown[];
}

/** What a column can hold. Integers are safe ones. */
type SqliteValue = null | number | bigint | string | Uint8Array;

/** What both libraries have of a database. */
export interface SqliteDatabase {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteLibrary {
  /** `node:sqlite`, or the name of the package. */
  readonly name: string;
  /** @param path Or an address of SQLite, `file:///...`. */
  readonly open: (path: string, options?: OpenOptions) => SqliteDatabase;
}

interface OpenOptions {
  /** Default: false. */
  readonly readOnly?: boolean;
}

interface Module {
  readonly DatabaseSync: new (path: string, options?: OpenOptions) => SqliteDatabase;
}

const versionMin = [3, 51, 3] as const;
const packageName = '@photostructure/sqlite';

/** @throws SkeinError SKEIN_STORE where neither can be loaded. */
export function loadSqlite(builtInVersion = process.versions.sqlite): SqliteLibrary {
  const require = createRequire(import.meta.url);
  if (isNewEnough(builtInVersion)) return builtIn(quietly(() => require('node:sqlite')));
  try {
    return libraryOf(packageName, require(packageName));
  } catch (cause) {
    const found = builtInVersion === undefined ? 'has no SQLite' : `has SQLite ${builtInVersion}`;
    throw new SkeinError(
      'SKEIN_STORE',
      `this Node.js ${process.versions.node} ${found}, ${versionMin.join('.')} is needed, and the package ${packageName} cannot be loaded: install it, or a newer Node.js`,
      { cause },
    );
  }
}

/** @param version `3.51.3`; undefined: there is none. */
export function isNewEnough(version: string | undefined): boolean {
  if (version === undefined) return false;
  const parts = version.split('.').map(Number);
  for (const [i, least] of versionMin.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** Node.js 22 stores NULL for bytes of no length that have no memory, as those that come from another thread. */
const noBytes = new Uint8Array(1).subarray(1);

function builtIn(module: Module): SqliteLibrary {
  const { name, open } = libraryOf('node:sqlite', module);
  const bound = (values: readonly SqliteValue[]) =>
    values.map((value) => (value instanceof Uint8Array && value.length === 0 ? noBytes : value));
  return {
    name,
    open(path, options) {
      const database = open(path, options);
      return {
        get isTransaction() {
          return database.isTransaction;
        },
        exec: (sql) => database.exec(sql),
        prepare(sql) {
          const statement = database.prepare(sql);
          return {
            run: (...values) => statement.run(...bound(values)),
            get: (...values) => statement.get(...bound(values)),
            all: (...values) => statement.all(...bound(values)),
          };
        },
        close: () => database.close(),
      };
    },
  };
}

function libraryOf(name: string, { DatabaseSync }: Module): SqliteLibrary {
  return { name, open: (path, options = {}) => new DatabaseSync(path, options) };
}

/** Node.js warns on standard error that its SQLite is experimental. */
function quietly<Value>(load: () => Value): Value {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) emitWarning(warning, ...rest);
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
