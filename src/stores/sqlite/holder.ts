/**
 * Which processes hold the lock for writing of a store's file, or one for reading, as Linux says it.
 *
 * Called where the lock could not be had, or the write-ahead log cannot begin again. Invariant: it never throws; where the system does not say, nobody is named.
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

/** Processes that read this file now; empty: none, or nobody knows. */
export function readersOf(path: string): readonly number[] {
  try {
    return readersIn(readFileSync('/proc/locks', 'utf8'), statSync(`${path}-shm`).ino);
  } catch {
    return [];
  }
}

/** The lock for writing is one byte of the index. */
const writeLockAt = 120;
/** Each reader has a lock on one of these bytes; the one after them everybody has. */
const [readLocksFrom, readLocksTo] = [123, 127];

/** @param locks As /proc/locks says it. @param inode Of the index of the write-ahead log. */
export function holderIn(locks: string, inode: number): number | undefined {
  return locksIn(locks, inode).find(({ access, from }) => access === 'WRITE' && from === writeLockAt)?.pid;
}

/** @param locks As /proc/locks says it. @param inode Of the index of the write-ahead log. */
export function readersIn(locks: string, inode: number): readonly number[] {
  const reading = locksIn(locks, inode).filter(
    // Locks of one process that lie side by side are one line.
    ({ access, from, to }) => access === 'READ' && from <= readLocksTo && to >= readLocksFrom,
  );
  return [...new Set(reading.map(({ pid }) => pid))];
}

interface Lock {
  readonly access: string | undefined;
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

function locksIn(locks: string, inode: number): readonly Lock[] {
  const found: Lock[] = [];
  for (const line of locks.split('\n')) {
    // `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 120 120`; those who wait have `->` after the number.
    const [, kind, , access, pid, file, from, to] = line.trim().split(/\s+/);
    if (kind !== 'POSIX' || Number(file?.split(':').at(-1)) !== inode || !(Number(pid) > 0)) continue;
    found.push({ access, pid: Number(pid), from: Number(from), to: Number(to) });
  }
  return found;
}
