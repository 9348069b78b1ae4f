/**
 * The file in which a machine keeps which nodes are denied: one for all nodes of a user and namespace.
 *
 * Who calls it: create-node, as the `denialFile` of the node. Invariant: the file holds one whole list or is not there, a
 * list that was written lasts, and a file that others can write is not believed.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, syncFoldersAbove } from '../stores/sqlite/sync.ts';
import { hostLimits } from './limits.ts';
import { makeFolder } from './make-folder.ts';

/** As the denials feature describes it. */
export interface DenialFile {
  readonly path: string;
  read(): string | undefined;
  write(text: string): void;
}

export function denialFileAt(path: string): DenialFile {
  return { path, read: () => read(path), write: (text) => write(path, text) };
}

function read(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    check(path, fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function check(path: string, found: Stats): void {
  const { size, mode, uid } = found;
  if (!found.isFile()) throw new Error('it is no file');
  const user = process.getuid?.();
  if (size > hostLimits.denialFileBytesMax) throw new Error(`it has ${size} bytes`);
  if (user === undefined) return;
  if (uid !== user && user !== 0) throw new Error(`it belongs to user ${uid}, not to ${user}`);
  if ((mode & 0o022) !== 0) throw new Error(`others can write it; run: chmod 600 ${path}`);
}

/** Written beside its place first: nobody ever reads half of it. */
function write(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  makeFolder(dirname(path));
  syncFoldersAbove(dirname(path));
  try {
    const file = openSync(fresh, 'w', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
  syncFolder(dirname(path));
}
