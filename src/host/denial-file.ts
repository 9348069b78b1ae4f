/**
 * The file in which a machine keeps which nodes are denied: one for all nodes of a user and namespace.
 *
 * Who calls it: create-node, as the `denialFile` of the node. Invariant: the file holds one whole list or is not there, a
 * list that was written lasts, and a file that others can write is not believed.
 */
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { syncFoldersAbove } from '../stores/sqlite/sync.ts';
import { hostLimits } from './limits.ts';
import { makeFolder } from './make-folder.ts';
import { readWhole, replaceWhole } from './whole-file.ts';

/** As the denials feature describes it. */
export interface DenialFile {
  readonly path: string;
  read(): string | undefined;
  write(text: string): void;
}

export function denialFileAt(path: string): DenialFile {
  return {
    path,
    read: () => readWhole(path, (found) => check(path, found)),
    write: (text) => write(path, text),
  };
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

function write(path: string, text: string): void {
  makeFolder(dirname(path));
  syncFoldersAbove(dirname(path));
  replaceWhole(path, text);
}
