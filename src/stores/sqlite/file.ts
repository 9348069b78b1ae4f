/**
 * The file of a store: made for its user alone, opened with what durability needs, and checked before anything is
 * written to it.
 *
 * Called by the engine. Invariant: a file that is not a store of this or an earlier version is left as it is.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { storeLimits } from '../limits.ts';
import { failureOfSqlite } from './failures.ts';
import type { SqliteDatabase, SqliteLibrary } from './library.ts';
import { logRuns, logTable } from './log-rows.ts';
import type { AnySqlitePart } from './part.ts';
import { syncFolder, syncFoldersAbove } from './sync.ts';

/** `skei` in ASCII: says in the file's head whose it is. */
export const applicationId = 0x736b6569;
export const storeIdBytes = 16;
/** Two brokers may meet for a moment; one that stands still must not hold up the other's thread for long. */
export const busyTimeoutMs = 2000;

/** What each connection that writes is set to: all but the first the file itself does not keep. */
export const writerPragmas = {
  journal_mode: 'WAL',
  synchronous: 'FULL',
  journal_size_limit: storeLimits.writeAheadLogKeptBytes,
  // macOS alone: without them a sync does not reach the disk.
  fullfsync: 'ON',
  checkpoint_fullfsync: 'ON',
  // A write beyond a mapped page that the disk has no room for would kill the process.
  mmap_size: 0,
  // The journals of savepoints would lie on another disk, which may be full.
  temp_store: 'MEMORY',
  foreign_keys: 'ON',
  trusted_schema: 'OFF',
} as const;

/** Of the tables of the store itself, one for each version; those of features have versions of their own. */
const migrations = [
  `CREATE TABLE skein_store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL,
    epoch INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE skein_part (feature TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  logTable,
  logRuns,
];
export const formatVersion = migrations.length;

/** A file that was opened and is as it must be. */
export interface OpenFile {
  readonly database: SqliteDatabase;
  /** Of the store, 32 hexadecimal digits: a file has it for as long as it lives. */
  readonly id: string;
  /** False: somebody has removed it, or put another one in its place. */
  isInPlace(): boolean;
}

/**
 * @param id Of the store that must be there already; without, a file that is not there is made.
 * @throws SkeinError SKEIN_STORE that names the file, what is wrong with it, and what to do.
 */
export function openFile(
  library: SqliteLibrary,
  path: string,
  parts: readonly AnySqlitePart[],
  id?: string,
): OpenFile {
  const isNew = prepareFile(path, id !== undefined);
  let database: SqliteDatabase | undefined;
  try {
    database = library.open(path);
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    checkHead(database, path);
    const found = id === undefined ? undefined : idOf(database);
    if (found !== id) throw replaced(path);
    for (const [name, value] of Object.entries(writerPragmas)) database.exec(`PRAGMA ${name} = ${value}`);
    migrate(database, path, parts);
    if (isNew) syncFolder(dirname(path));
    const { dev, ino } = statSync(path);
    const isInPlace = (): boolean => {
      const now = statSync(path, { throwIfNoEntry: false });
      return now?.dev === dev && now.ino === ino;
    };
    return { database, id: idOf(database), isInPlace };
  } catch (error) {
    database?.close();
    throw failureOfSqlite(error, path);
  }
}

export function replaced(path: string): SkeinError {
  return new SkeinError(
    'SKEIN_STORE',
    `the store ${path} was removed or replaced while it was in use: nothing was written; put the file back, with those beside it`,
  );
}

/** True: it was not there. */
function prepareFile(path: string, mustExist: boolean): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined && mustExist) throw replaced(path);
  if (found !== undefined && !found.isFile())
    throw new SkeinError('SKEIN_STORE', `the store ${path} is no file: name another path, or move it away`);
  try {
    // Closing any descriptor of a file lets go of all locks that this process has on it: one that exists is not opened.
    if (found !== undefined) accessSync(path, constants.R_OK | constants.W_OK);
    else {
      // Before there is a file: one that is there says that its folder will be.
      syncFoldersAbove(dirname(path));
      // With the mode that its journals get too: SQLite takes it from the file.
      closeSync(openSync(path, 'a', 0o600));
      chmodSync(path, 0o600);
    }
  } catch (cause) {
    throw new SkeinError(
      'SKEIN_STORE',
      `the store ${path} cannot be written: ${(cause as Error).message}; see who owns it and its folder`,
      { cause },
    );
  }
  return found === undefined;
}

/** Reads only. */
function checkHead(database: SqliteDatabase, path: string): void {
  const application = numberOf(database, 'PRAGMA application_id');
  const version = numberOf(database, 'PRAGMA user_version');
  const isEmpty = numberOf(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (isEmpty && application === 0) return;
  if (application !== applicationId)
    throw new SkeinError(
      'SKEIN_STORE',
      `${path} is a database of another program: nothing was changed; name another path, or move it away`,
    );
  if (version > formatVersion) throw newer(path, `format ${version}, known ${formatVersion}`);
}

/** Reads only. @throws SkeinError SKEIN_STORE for a file that a newer skein has written meanwhile, or another program. */
export function checkVersions(database: SqliteDatabase, path: string, parts: readonly AnySqlitePart[]): void {
  checkHead(database, path);
  for (const { name, migrations: own } of parts) versionOf(database, path, name, own);
}

function migrate(database: SqliteDatabase, path: string, parts: readonly AnySqlitePart[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    migrateStore(database, numberOf(database, 'PRAGMA user_version'));
    for (const { name, migrations: own } of parts) migratePart(database, path, name, own);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function migrateStore(database: SqliteDatabase, version: number): void {
  for (const sql of migrations.slice(version)) database.exec(sql);
  if (version === 0)
    database
      .prepare('INSERT INTO skein_store (one, id, epoch) VALUES (1, ?, 0)')
      .run(new Uint8Array(randomBytes(storeIdBytes)));
  if (version < formatVersion)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`);
}

function migratePart(database: SqliteDatabase, path: string, name: string, own: readonly string[]): void {
  const version = versionOf(database, path, name, own);
  if (version === own.length) return;
  for (const sql of own.slice(version ?? 0)) database.exec(sql);
  database
    .prepare(
      'INSERT INTO skein_part (feature, version) VALUES (?, ?) ON CONFLICT (feature) DO UPDATE SET version = excluded.version',
    )
    .run(name, own.length);
}

/** Undefined: the file does not have this part. @throws SkeinError SKEIN_STORE for one of a newer skein. */
function versionOf(
  database: SqliteDatabase,
  path: string,
  name: string,
  own: readonly string[],
): number | undefined {
  const row = database.prepare('SELECT version FROM skein_part WHERE feature = ?').get(name);
  const version = (row as { version: number } | undefined)?.version;
  if (version !== undefined && version > own.length)
    throw newer(path, `${name} ${version}, known ${own.length}`);
  return version;
}

function newer(path: string, versions: string): SkeinError {
  return new SkeinError(
    'SKEIN_STORE',
    `the store ${path} was written by a newer skein (${versions}): nothing was changed; start that version again`,
  );
}

/** Empty: the file holds no store. */
function idOf(database: SqliteDatabase): string {
  if (numberOf(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'skein_store'") === 0) return '';
  return (database.prepare('SELECT lower(hex(id)) AS id FROM skein_store').get() as { id: string }).id;
}

function numberOf(database: SqliteDatabase, sql: string): number {
  return Object.values(database.prepare(sql).get() as object)[0] as number;
}
