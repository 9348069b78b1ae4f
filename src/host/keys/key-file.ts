/**
 * The file of a user's mesh keys: one key a line, the first in use, `#` begins a comment.
 *
 * Who calls it: the key source of a node and `skein key`. Invariant: a file that others can read is never
 * used, one that is written is never readable by others for a moment, and a change replaces it whole.
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { hostLimits } from '../limits.ts';
import { makeFolder } from '../make-folder.ts';
import { MeshKey } from './mesh-key.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const keyPrefix = 'skein1-';

/** `$SKEIN_KEY_FILE`, else `skein/keys` in the user's configuration folder (XDG). */
export function defaultKeyPath(environment: Environment = process.env): string {
  const own = environment.SKEIN_KEY_FILE;
  if (own !== undefined && own !== '') return own;
  const folder = environment.XDG_CONFIG_HOME;
  const base = folder !== undefined && folder !== '' ? folder : join(homedir(), '.config');
  return join(base, 'skein', 'keys');
}

/**
 * The keys in it; undefined when there is no such file.
 * @throws SkeinError SKEIN_KEY when it cannot be used.
 */
export function readKeyFile(path: string): MeshKey[] | undefined {
  let text: string;
  try {
    text = readChecked(path);
  } catch (error) {
    if (error instanceof SkeinError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new SkeinError('SKEIN_KEY', `key file: ${path} cannot be read (${code})`, { cause: error });
  }
  const keys: MeshKey[] = [];
  for (const { content, line } of contentsOf(text))
    keys.push(MeshKey.parse(content, `${path}, line ${line}`));
  if (keys.length > hostLimits.keysMax)
    throw new SkeinError(
      'SKEIN_KEY',
      `key file: ${path} has ${keys.length} keys, ${hostLimits.keysMax} at most`,
    );
  return keys;
}

/** @throws SkeinError SKEIN_KEY when it cannot be written. */
export function writeKeyFile(path: string, keys: readonly MeshKey[]): void {
  const head =
    '# The mesh keys of this user: whoever has one is a member. The first is used, all are accepted.\n';
  const lines = keys.map((key) => `${key.text}  # ${key.id}\n`);
  const fresh = `${path}.${process.pid}.new`;
  try {
    makeFolder(dirname(path));
    writeFileSync(fresh, head + lines.join(''), { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    const { code } = cause as NodeJS.ErrnoException;
    throw new SkeinError('SKEIN_KEY', `key file: ${path} cannot be written (${code})`, { cause });
  }
}

/** The lines with something on them, comments taken off. */
function contentsOf(text: string): { readonly content: string; readonly line: number }[] {
  const lines = text.split('\n').map((line, i) => ({ content: line.replace(/#.*/, '').trim(), line: i + 1 }));
  return lines.filter(({ content }) => content !== '');
}

/** What is checked is what is read: the name may lead to another file a moment later. */
function readChecked(path: string): string {
  const file = openSync(path, 'r');
  try {
    const found = fstatSync(file);
    checkKind(path, found);
    // Nobody is told to change the rights of a file that has nothing to do with keys.
    if (!isPrivate(found)) throw notPrivate(path, found.isFile() ? readFileSync(file, 'utf8') : undefined);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function checkKind(path: string, found: Stats): void {
  const user = process.getuid?.();
  if (found.isDirectory())
    throw new SkeinError('SKEIN_KEY', `key file: ${path} is a folder; name a file in it`);
  if (found.size > hostLimits.keyFileBytesMax)
    throw new SkeinError('SKEIN_KEY', `key file: ${path} has ${found.size} bytes; it is no key file`);
  if (user !== undefined && found.uid !== user && user !== 0)
    throw new SkeinError('SKEIN_KEY', `key file: ${path} belongs to user ${found.uid}, not to ${user}`);
}

/** As `ssh` does: a key that others can read is no secret any more, and one that others can write is not ours. */
function isPrivate({ mode }: Stats): boolean {
  return process.getuid === undefined || (mode & 0o077) === 0;
}

/** @param text Undefined: it is no file but a device or a pipe. */
function notPrivate(path: string, text: string | undefined): SkeinError {
  const isKeyFile = text !== undefined && (text.includes(keyPrefix) || contentsOf(text).length === 0);
  return new SkeinError(
    'SKEIN_KEY',
    isKeyFile
      ? `key file: others can read ${path}; run: chmod 600 ${path}`
      : `key file: ${path} is no key file; a key begins with ${keyPrefix} (skein key new makes one)`,
  );
}
