/**
 * Reads a store's file without changing it or its folder, also where others use it meanwhile.
 *
 * Called for an operator: to check a store, and to copy it. A file without a write-ahead log is nobody's, and is read as
 * immutable: to read it as usual would make a log and an index, and leave them. A node may begin to use it in that moment;
 * then what was read may be of two moments, and it is read once more. Invariant: what is returned is of one moment.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { SkeinError } from '../../kernel/errors.ts';
import { failureOfSqlite } from './failures.ts';
import type { SqliteDatabase, SqliteLibrary } from './library.ts';

/** A node begins to use a store once; then there is a log. */
const triesMax = 3;

export interface Reader<Value> {
  /** @param isAlone Nobody has it open, and there is no log. */
  read(database: SqliteDatabase, isAlone: boolean): Value;
  /** What was read does not count. */
  undo?(): void;
}

/** @throws SkeinError SKEIN_STORE; SKEIN_BUSY where it changes again and again while it is read. */
export function readStore<Value>(library: SqliteLibrary, path: string, reader: Reader<Value>): Value {
  for (let tries = 0; tries < triesMax; tries++) {
    const before = lookOf(path);
    const outcome = readOnce(library, path, before.hasLog, reader);
    const after = lookOf(path);
    if (before.hasLog || (!after.hasLog && after.file === before.file)) {
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
    if ('value' in outcome) reader.undo?.();
  }
  throw new SkeinError('SKEIN_BUSY', `the store ${path} changed each time that it was read: try again`);
}

function readOnce<Value>(
  library: SqliteLibrary,
  path: string,
  hasLog: boolean,
  { read }: Reader<Value>,
): { readonly value: Value } | { readonly error: unknown } {
  let database: SqliteDatabase | undefined;
  try {
    database = opened(library, path, hasLog);
    return { value: read(database, !hasLog) };
  } catch (error) {
    return { error };
  } finally {
    database?.close();
  }
}

function opened(library: SqliteLibrary, path: string, hasLog: boolean): SqliteDatabase {
  try {
    return library.open(hasLog ? path : `${pathToFileURL(path).href}?immutable=1`, { readOnly: true });
  } catch (error) {
    throw failureOfSqlite(error, path);
  }
}

function lookOf(path: string): { readonly hasLog: boolean; readonly file: string } {
  const hasLog = statSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined;
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  const file = found === undefined ? '' : [found.dev, found.ino, found.size, found.mtimeNs].join();
  return { hasLog, file };
}

/**
 * How the head of a file says that it is to be written: SQLite itself says `delete` of one that it reads as immutable.
 * Only for a file that nobody has open: closing it lets go of all locks that this process has on it.
 */
export function journalModeOf(path: string): 'wal' | 'delete' {
  const head = new Uint8Array(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 18);
  } finally {
    closeSync(file);
  }
  // The versions of the format for writing and for reading.
  return head.every((version) => version === 2) ? 'wal' : 'delete';
}
