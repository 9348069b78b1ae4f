/**
 * The word beside a store's file of which store the swarm's is: there also where no store is, on every machine that has
 * heard of one.
 *
 * Called by the host. Invariant: the file holds one whole note or is not there, and a note that was written lasts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { SkeinError } from '../kernel/errors.ts';
import { syncFoldersAbove } from '../stores/sqlite/sync.ts';
import { replaceWhole } from './whole-file.ts';

function notePathOf(storePath: string): string {
  return `${storePath}-home`;
}

/** Null: there is none. @throws SkeinError SKEIN_STORE for a file that cannot be read, or is none. */
export function readNote(storePath: string): unknown {
  const path = notePathOf(storePath);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const text = `${path}, which says in which store the swarm is kept, cannot be read: ${(cause as Error).message}; remove it where it is damaged`;
    throw new SkeinError('SKEIN_STORE', text, { cause });
  }
}

/** A store that was put here by hand is the swarm's from now on. @throws SkeinError SKEIN_STORE */
export function noteAsHome(storePath: string, store: string): void {
  const { generation } = (readNote(storePath) ?? {}) as { readonly generation?: unknown };
  const before = Number.isSafeInteger(generation) ? (generation as number) : 0;
  writeNote(storePath, { store, generation: before + 1, since: Date.now(), host: hostname() });
}

/** Its folder must be there. @throws SkeinError SKEIN_STORE where it cannot be written. */
export function writeNote(storePath: string, note: unknown): void {
  writeBeside(notePathOf(storePath), storePath, note);
}

/** One whole file beside a store, or the one before. @throws SkeinError SKEIN_STORE where it cannot be written. */
export function writeBeside(path: string, storePath: string, content: unknown): void {
  try {
    // Who has opened a store here has done it.
    if (!existsSync(storePath)) syncFoldersAbove(dirname(path));
    replaceWhole(path, `${JSON.stringify(content)}\n`);
  } catch (cause) {
    const text = `${path}, which lies beside the store of the swarm, cannot be written: ${(cause as Error).message}; see who owns its folder, and whether its disk is full`;
    throw new SkeinError('SKEIN_STORE', text, { cause });
  }
}
