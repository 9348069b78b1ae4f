/**
 * A copy of a store in one file, as it is at one moment: made by SQLite, so that the write-ahead log is part of it.
 *
 * Called by the engine between two groups, and to restore one. Invariant: nothing is overwritten, and a copy that could
 * not be finished is not left behind.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { failureOfSqlite, isFull } from './failures.ts';
import type { SqliteDatabase } from './library.ts';
import { syncFile, syncFolder } from './sync.ts';

/** @param path Of the store. @param file The copy. @throws SkeinError SKEIN_INVALID where that file cannot be made. */
export function copyTo(database: SqliteDatabase, path: string, file: string): void {
  makeFile(file);
  try {
    database.prepare('VACUUM INTO ?').run(file);
    syncFile(file);
    syncFolder(dirname(file));
  } catch (error) {
    for (const suffix of ['', '-journal']) rmSync(file + suffix, { force: true });
    throw failureOfSqlite(error, isFull(error) ? file : path);
  }
}

/** Empty, for its user alone. SQLite takes a file of its own making only if it is not there, or empty. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const text = exists
      ? `the file ${file} exists already, and nothing is overwritten: name another one`
      : `the file ${file} cannot be made: ${(cause as Error).message}; name one in a folder that can be written`;
    throw new SkeinError('SKEIN_INVALID', text, { cause });
  }
}
