/**
 * How long the disk of a store takes to make something durable: what each commit waits for.
 *
 * Called for an operator. Invariant: it leaves nothing in the folder.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';

const blockBytes = 4096;

/** @param count Of syncs. @returns Times in ms, the shortest first. @throws SkeinError SKEIN_STORE. */
export function syncTimes(folder: string, count = 20): readonly number[] {
  const file = join(folder, `.skein-sync-${process.pid}`);
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    try {
      return Array.from({ length: count }, () => timeOf(descriptor)).sort((a, b) => a - b);
    } finally {
      closeSync(descriptor);
      rmSync(file);
    }
  } catch (cause) {
    const text = `no sync could be timed in ${folder}: ${(cause as Error).message}; name a folder that can be written`;
    throw new SkeinError('SKEIN_STORE', text, { cause });
  }
}

function timeOf(descriptor: number): number {
  const begun = performance.now();
  writeSync(descriptor, new Uint8Array(blockBytes));
  fdatasyncSync(descriptor);
  return performance.now() - begun;
}
