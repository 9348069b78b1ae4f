/**
 * Removes the control socket that a dead node has left in the runtime folder.
 *
 * Who calls it: the runtime folder, which has just taken the dead node's entry away. Invariant: the socket of
 * another life under the same path stays. A node writes its entry after it has made its socket, so a socket
 * that is younger than the entry is not of that entry's node.
 */
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface LeftSocket {
  readonly folder: string;
  /** As the entry tells it. */
  readonly path: string;
  /** When the entry was written, in milliseconds as the file system tells them. */
  readonly entryWrittenAtMs: number;
  /** A free path in the same folder. */
  readonly aside: string;
}

export function removeLeftSocket({ folder, path, entryWrittenAtMs, aside }: LeftSocket): void {
  // A socket elsewhere was somebody's choice: whoever takes that path next clears it.
  if (resolve(dirname(path)) !== resolve(folder)) return;
  try {
    if (!isLeft(path, entryWrittenAtMs)) return;
    // Looking first and removing then would sometimes remove what another process has just put there.
    renameSync(path, aside);
    if (!isLeft(aside, entryWrittenAtMs)) linkSync(aside, path);
    rmSync(aside);
  } catch {
    // It is gone already, or another process was faster.
  }
}

function isLeft(path: string, entryWrittenAtMs: number): boolean {
  const found = lstatSync(path);
  return found.isSocket() && found.mtimeMs <= entryWrittenAtMs;
}
