/**
 * Small files that are read and replaced whole: what a program finds is what one call has written, or what was before.
 *
 * Who calls it: the files of the host. Invariant: nobody reads half of a file, and one that was written lasts.
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
import { syncFolder } from '../stores/sqlite/sync.ts';

/** Undefined: there is none. @param check Throws for a file that is not to be read. @throws what the system does. */
export function readWhole(path: string, check: (found: Stats) => void): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    check(fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** For this user alone to read. Its folder must be there. @throws what the system does. */
export function replaceWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
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
