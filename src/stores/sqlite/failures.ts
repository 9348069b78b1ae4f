/**
 * What SQLite's errors mean for those who asked.
 *
 * Called by the engine and by what opens its file. Invariant: every failure is a SkeinError that names the file; a full
 * disk, a file that another process holds and a broken file are distinguished.
 */
import { SkeinError } from '../../kernel/errors.ts';
import { writerOf } from './holder.ts';

/** Primary result codes: the lower eight bits of a result code. */
const codes = { busy: 5, locked: 6, readOnly: 8, inputOutput: 10, corrupt: 11, full: 13, noDatabase: 26 };
/** SQLITE_IOERR_SHMSIZE: the index of the write-ahead log could not grow. */
const indexFull = 10 | (19 << 8);

export function failureOfSqlite(error: unknown, path: string): SkeinError {
  if (error instanceof SkeinError) return error;
  const cause = { cause: error };
  const text = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case codes.full:
      return diskFull(path, error);
    case codes.busy:
    case codes.locked:
      return new SkeinError(
        'SKEIN_BUSY',
        `${holderOf(path)} holds the store ${path} in the middle of a write: nothing was written; see whether it stands still`,
        cause,
      );
    case codes.corrupt:
    case codes.noDatabase:
      return new SkeinError(
        'SKEIN_STORE',
        `the store ${path} is damaged, or no store at all (${text}): it was left as it is; restore a backup, or move it away`,
        cause,
      );
    case codes.readOnly:
      return new SkeinError(
        'SKEIN_STORE',
        `the store ${path} is read-only: see who owns it and its folder`,
        cause,
      );
    case codes.inputOutput:
      if (errcodeOf(error) === indexFull) return diskFull(path, error);
      return new SkeinError('SKEIN_STORE', `the disk of the store ${path} fails: ${text}`, cause);
    default:
      return new SkeinError('SKEIN_STORE', `the store ${path} failed: ${text}`, cause);
  }
}

export function diskFull(path: string, cause?: unknown): SkeinError {
  const text = `no room on the disk for the store ${path}: nothing was written`;
  return new SkeinError('SKEIN_STORE_FULL', text, { cause });
}

function holderOf(path: string): string {
  const pid = writerOf(path);
  return pid === undefined ? 'another process' : `process ${pid}`;
}

/** Of the file or its disk, not of what was asked. */
export function isOfSqlite(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && Object.values(codes).includes(code);
}

/**
 * There was no room to write. Of a commit, too, it means that nothing is in the store: what makes a commit valid is the
 * checksum of its last page, and there was no room for that page, or for one before it.
 */
export function isFull(error: unknown): boolean {
  return codeOf(error) === codes.full;
}

/** A statement could have written where none may. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === codes.readOnly;
}

function codeOf(error: unknown): number | undefined {
  const code = errcodeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

function errcodeOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode : undefined;
}
