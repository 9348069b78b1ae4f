/** Makes changes of a file and of its folder last: called after one was written, made or renamed. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Also what SQLite has written to it. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file whose folder was not synced may be gone after a power cut, with all that was synced in it. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A folder that this user may not open, or on a file system that cannot be written, was not made for the store. */
const notMade = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL', 'ENOTSUP']);

/** The names of a folder and of all those above it last: they may have been made a moment ago. */
export function syncFoldersAbove(folder: string): void {
  const below = resolve(folder);
  const above = dirname(below);
  if (above === below) return;
  try {
    syncFolder(above);
  } catch (error) {
    if (!notMade.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  syncFoldersAbove(above);
}
