/**
 * Where the runtime folder is, and whether it is safe to use.
 *
 * Who calls it: the runtime folder. Invariant: a folder in which another user could put, replace or
 * rename entries is never used: its entries say whom to connect to and where commands go.
 */
import { lstatSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SkeinError } from '../kernel/errors.ts';
import { makeFolder } from './make-folder.ts';

/** `unsafe`: somebody else could write in it. */
export type FolderTrouble = 'cannot-make' | 'unsafe';

/** Which trouble `prepareFolder` had, if the error is from there. */
export function folderTrouble(error: unknown): FolderTrouble | undefined {
  return error instanceof SkeinError
    ? (error.details as { trouble?: FolderTrouble } | undefined)?.trouble
    : undefined;
}

/** `$SKEIN_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/skein`, else `skein-<uid>` in the temporary folder. */
export function defaultRuntimePath(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment.SKEIN_RUNTIME_DIR;
  if (own !== undefined && own !== '') return own;
  const session = environment.XDG_RUNTIME_DIR;
  // After `su` the variable may point to a folder of the earlier user, or to none.
  if (session !== undefined && session !== '' && isMine(session)) return join(session, 'skein');
  return join(tmpdir(), `skein-${process.getuid?.() ?? userInfo().username}`);
}

/** Makes the folder for this user alone, or says why it cannot be used. */
export function prepareFolder(path: string = defaultRuntimePath()): string {
  try {
    makeFolder(path);
  } catch (cause) {
    throw unusable(
      path,
      'cannot-make',
      `it cannot be made (${(cause as NodeJS.ErrnoException).code})`,
      cause,
    );
  }
  const reason = dangerIn(path);
  if (reason !== undefined) throw unusable(path, 'unsafe', reason);
  return path;
}

/** Asked again at each look: a tidied temporary folder may be made anew by another user. */
export function isSafe(path: string): boolean {
  try {
    return dangerIn(path) === undefined;
  } catch {
    return false;
  }
}

/** Why others could write in it; undefined: they cannot. @throws when there is no such folder. */
function dangerIn(path: string): string | undefined {
  // lstat: whoever comes first to a shared temporary folder could leave a link there.
  const found = lstatSync(path);
  if (!found.isDirectory()) return 'it is not a folder';
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  if (found.uid !== user) return `it belongs to user ${found.uid}, not to ${user}`;
  return (found.mode & 0o022) === 0 ? undefined : `others may write in it; run: chmod 700 ${path}`;
}

function isMine(path: string): boolean {
  try {
    const found = statSync(path);
    return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
  } catch {
    return false;
  }
}

function unusable(path: string, trouble: FolderTrouble, reason: string, cause?: unknown): SkeinError {
  const text = `runtime folder: ${path} cannot be used: ${reason}; set SKEIN_RUNTIME_DIR to a folder of your own`;
  return new SkeinError('SKEIN_INVALID', text, { cause, details: { trouble } });
}
