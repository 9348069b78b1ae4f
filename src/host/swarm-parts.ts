/** What features keep in the store of a swarm, as the store's thread loads it. Who calls it: commands that work on a file. */
import type { AnySqlitePart } from '../stores/sqlite/part.ts';
import { threadFolder } from './thread-folder.ts';

export async function swarmParts(): Promise<readonly AnySqlitePart[]> {
  const file = 'sqlite-parts.js';
  const { parts } = (await import(new URL(file, threadFolder('the store', [file])).href)) as {
    readonly parts: readonly AnySqlitePart[];
  };
  return parts;
}
