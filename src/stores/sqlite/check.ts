/**
 * Looks at a store's file without changing it: is it whole, and what is it.
 *
 * Called for an operator, also while the store is in use. Invariant: neither the file nor its folder is changed, except
 * that SQLite may make the index of a write-ahead log that a crash has left.
 */
import { statSync } from 'node:fs';
import { SkeinError } from '../../kernel/errors.ts';
import { failureOfSqlite } from './failures.ts';
import { applicationId, formatVersion, writerPragmas } from './file.ts';
import { loadSqlite, type SqliteDatabase, type SqliteLibrary } from './library.ts';
import { journalModeOf, readStore } from './reading.ts';

/** What a store's file is, as far as it can be read. */
interface StoreFacts {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Of the last claim. */
  readonly epoch: number;
  /** The version of each feature's tables. */
  readonly parts: Readonly<Record<string, number>>;
  /** As SQLite says them, of the file; and what its writers are set to, on which it depends whether a sync holds. */
  readonly pragmas: Readonly<Record<string, string | number>>;
}

/** What `checkStore` has found. */
export interface StoreCheck {
  readonly path: string;
  /** What is wrong, for people. Empty: nothing. */
  readonly problems: readonly string[];
  /** Undefined: too damaged to say. */
  readonly facts: StoreFacts | undefined;
  /** `node:sqlite`, or the name of the package, which looked at it. */
  readonly library: string;
  /** Of that library. */
  readonly sqliteVersion: string;
  readonly sizeBytes: number;
  /** Of the write-ahead log. */
  readonly writeAheadLogBytes: number;
}

const pragmas = [
  ...['journal_mode', 'page_size', 'page_count', 'freelist_count', 'auto_vacuum', 'encoding'],
  ...['application_id', 'user_version'],
];

const { synchronous, fullfsync, mmap_size } = writerPragmas;
const ofWriters = { synchronous: synchronous.toLowerCase(), fullfsync: fullfsync.toLowerCase(), mmap_size };

/** @throws SkeinError SKEIN_STORE where there is no store at all. */
export function checkStore(path: string, library: SqliteLibrary = loadSqlite()): StoreCheck {
  fileSizeOf(path);
  const found = readStore(library, path, { read: (database, isAlone) => lookAt(database, path, isAlone) });
  return { ...found, ...versionOf(library) };
}

function lookAt(
  database: SqliteDatabase,
  path: string,
  isAlone: boolean,
): Omit<StoreCheck, 'library' | 'sqliteVersion'> {
  const problems: string[] = [];
  let facts: StoreFacts | undefined;
  try {
    checkKind(database, path);
    problems.push(...problemsOf(database));
    facts = factsOf(database, isAlone ? { journal_mode: journalModeOf(path) } : {});
  } catch (error) {
    const failure = failureOfSqlite(error, path);
    if (error === failure) throw failure;
    problems.push(failure.message);
  }
  const writeAheadLogBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { path, problems, facts, sizeBytes: fileSizeOf(path), writeAheadLogBytes };
}

/** @throws SkeinError SKEIN_STORE where there is no file. */
export function fileSizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return found.size;
  throw new SkeinError('SKEIN_STORE', `there is no store at ${path}: name the file of one`);
}

function checkKind(database: SqliteDatabase, path: string): void {
  if (readValue(database, 'PRAGMA application_id') === applicationId) return;
  throw new SkeinError('SKEIN_STORE', `${path} is no store of skein: name the file of one`);
}

function problemsOf(database: SqliteDatabase): string[] {
  const problems: string[] = [];
  for (const row of database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[])
    if (row.integrity_check !== 'ok') problems.push(row.integrity_check);
  for (const { table, rowid } of database.prepare('PRAGMA foreign_key_check').all() as Violation[])
    problems.push(`row ${rowid} of ${table} refers to a row that is not there`);
  const version = readValue(database, 'PRAGMA user_version') as number;
  if (version > formatVersion)
    problems.push(`it was written by a newer skein (format ${version}, known ${formatVersion})`);
  return problems;
}

interface Violation {
  readonly table: string;
  readonly rowid: number | null;
}

function factsOf(database: SqliteDatabase, known: StoreFacts['pragmas']): StoreFacts {
  const store = database.prepare('SELECT lower(hex(id)) AS id, epoch FROM skein_store').get();
  const parts = database.prepare('SELECT feature, version FROM skein_part ORDER BY feature').all();
  return {
    ...(store as { id: string; epoch: number }),
    parts: Object.fromEntries(
      (parts as { feature: string; version: number }[]).map(({ feature, version }) => [feature, version]),
    ),
    pragmas: {
      ...Object.fromEntries(pragmas.map((name) => [name, readValue(database, `PRAGMA ${name}`)])),
      ...known,
      ...ofWriters,
    },
  };
}

function versionOf(library: SqliteLibrary): { library: string; sqliteVersion: string } {
  const database = library.open(':memory:');
  const sqliteVersion = String(readValue(database, 'SELECT sqlite_version()'));
  database.close();
  return { library: library.name, sqliteVersion };
}

function readValue(database: SqliteDatabase, sql: string): string | number {
  return Object.values(database.prepare(sql).get() as object)[0] as string | number;
}
