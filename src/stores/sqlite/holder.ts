/**
 * Which process holds the lock for writing of a store's file, as Linux says it.
 *
 * Called where the lock could not be had. Invariant: it never throws; where the system does not say, nobody is named.
 */
import { readFileSync, statSync } from 'node:fs';

/** The process that writes to this file now; undefined: none, or nobody knows. */
export function writerOf(path: string): number | undefined {
  try {
    // Locks lie on the index of the write-ahead log.
    return holderIn(readFileSync('/proc/locks', 'utf8'), statSync(`${path}-shm`).ino);
  } catch {
    return undefined;
  }
}

/** The lock for writing is one byte of the index. */
const writeLockAt = '120';

/** @param locks As /proc/locks says it. @param inode Of the index of the write-ahead log. */
export function holderIn(locks: string, inode: number): number | undefined {
  for (const line of locks.split('\n')) {
    // `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 120 120`; those who wait have `->` after the number.
    const [, kind, , access, pid, file, from] = line.trim().split(/\s+/);
    if (kind !== 'POSIX' || access !== 'WRITE' || from !== writeLockAt) continue;
    if (Number(file?.split(':').at(-1)) === inode && Number(pid) > 0) return Number(pid);
  }
  return undefined;
}
