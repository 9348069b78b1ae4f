/**
 * What SQLite's errors mean for those who asked.
 *
 * Called by the engine and by what opens its file. Invariant: every failure is a SkeinError that names the file; a full
 * disk, a file that another process holds and a broken file are told apart.
 */
import { SkeinError } from '../../kernel/errors.ts';
import { writerOf } from './holder.ts';

/** Primary result codes: the lower eight bits. */
const codes = { busy: 5, locked: 6, readOnly: 8, inputOutput: 10, corrupt: 11, full: 13, noDatabase: 26 };

export function failureOfSqlite(error: unknown, path: string): SkeinError {
  if (error instanceof SkeinError) return error;
  const cause = { cause: error };
  const text = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case codes.full:
      return new SkeinError(
        'SKEIN_STORE_FULL',
        `no room on the disk for the store ${path}: nothing was written`,
        cause,
      );
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
      return new SkeinError('SKEIN_STORE', `the disk of the store ${path} fails: ${text}`, cause);
    default:
      return new SkeinError('SKEIN_STORE', `the store ${path} failed: ${text}`, cause);
  }
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

function codeOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
