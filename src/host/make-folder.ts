/**
 * Makes a folder with those above it, for this user alone.
 *
 * Who calls it: the runtime folder and the key file. Invariant: it ends. The recursive `mkdirSync` of Node.js
 * never does where a folder can neither be found nor made, as under /proc.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const privateMode = 0o700;

/** Nothing happens when it is there. @throws what the system says. */
export function makeFolder(path: string): void {
  if (make(path)) return;
  makeFolder(dirname(path));
  // Another process may be making it too.
  if (!make(path))
    throw Object.assign(new Error(`no folder can be made in ${dirname(path)}`), { code: 'ENOENT' });
}

/** False: the folder above it is missing. */
function make(path: string): boolean {
  try {
    mkdirSync(path, { mode: privateMode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
