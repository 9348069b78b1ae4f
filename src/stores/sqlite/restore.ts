/**
 * Makes a store of a backup, or of any store's file.
 *
 * Called for an operator, while no broker has the store open. Invariant: what is at the path is a whole store at every
 * moment, the one before or the restored one; the restored one has an id of its own, since numbers that the store gave
 * after the backup must not mean something else now.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { copyTo } from './backup.ts';
import { checkStore } from './check.ts';
import { failureOfSqlite } from './failures.ts';
import { storeIdBytes } from './file.ts';
import { loadSqlite, type SqliteLibrary } from './library.ts';
import { readStore } from './reading.ts';
import { syncFile, syncFolder } from './sync.ts';

/** How `restoreStore` treats what is there. */
export interface RestoreOptions {
  /** Takes the place of a store that is there, which is then gone. Default: false. */
  readonly replace?: boolean;
  /** Default: that of this process. */
  readonly library?: SqliteLibrary;
}

/**
 * @param from A backup, or the file of a store. @param path Of the restored store.
 * @returns Its id, 32 hexadecimal digits.
 * @throws SkeinError SKEIN_INVALID where there is a store already, SKEIN_BUSY where it is in use, SKEIN_STORE for a
 * backup that is damaged or none.
 */
export function restoreStore(from: string, path: string, options: RestoreOptions = {}): string {
  const { replace = false, library = loadSqlite() } = options;
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere && !replace)
    throw new SkeinError(
      'SKEIN_INVALID',
      `there is a file at ${path} already: name another path, or let it be replaced`,
    );
  const [problem] = checkStore(from, library).problems;
  if (problem !== undefined)
    throw new SkeinError('SKEIN_STORE', `${from} is damaged and was not restored: ${problem}`);
  if (isThere) refuseInUse(library, path);
  const made = `${path}-restoring`;
  rmSync(made, { force: true });
  try {
    const id = makeCopy(library, from, made);
    takePlace(made, path);
    return id;
  } finally {
    rmSync(made, { force: true });
  }
}

function makeCopy(library: SqliteLibrary, from: string, made: string): string {
  readStore(library, from, {
    read: (source) => copyTo(source, from, made),
    undo: () => rmSync(made),
  });
  const id = randomBytes(storeIdBytes).toString('hex');
  const copy = library.open(made);
  try {
    copy.exec(`UPDATE skein_store SET id = x'${id}'`);
  } catch (error) {
    throw failureOfSqlite(error, made);
  } finally {
    copy.close();
  }
  syncFile(made);
  return id;
}

/** A write-ahead log of the store before must not be taken for one of this store. */
function takePlace(made: string, path: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  syncFolder(dirname(path));
  renameSync(made, path);
  syncFolder(dirname(path));
}

/** A process that has it open has a lock on it. */
export function refuseInUse(library: SqliteLibrary, path: string, what = 'restore'): void {
  const database = library.open(path);
  try {
    // Brings the log into the file as well, so that the store before is whole without it.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK');
  } catch (cause) {
    const { code } = failureOfSqlite(cause, path);
    // Where it is damaged, nobody can use it.
    if (code === 'SKEIN_BUSY')
      throw new SkeinError(
        'SKEIN_BUSY',
        `the store ${path} is in use: stop the nodes that use it, then ${what}`,
        {
          cause,
        },
      );
  } finally {
    database.close();
  }
}
