/** Makes changes of a file and of its folder last: called after one was written, made or renamed. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

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
