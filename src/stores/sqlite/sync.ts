/** Makes changes of a folder last: called after a file was made or renamed in it. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** A file whose folder was not synced may be gone after a power cut, with all that was synced in it. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
