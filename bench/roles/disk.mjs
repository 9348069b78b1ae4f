// The disk that durable work is measured on: which file system, and how long a sync takes there. Who calls it: run.mjs, for
// the head of the report, and the works that compare with a sync. Invariant: a folder in memory is never measured.
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { nowUs } from './arrivals.mjs';
import { percentiles } from './percentiles.mjs';

/** By the number that the kernel gives (linux/magic.h). */
const names = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0x794c7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
const inMemory = ['tmpfs', 'ramfs'];
const syncs = 200;
const pageBytes = 4096;

/** What the head of a report says of it. */
export function diskOf(folder) {
  const { p50, p99 } = syncTimes(folder);
  return { fileSystem: fileSystemOf(folder), syncUs: { p50, p99 } };
}

/** Why durable work cannot be measured there, or nothing. */
export function diskProblem(folder) {
  const name = fileSystemOf(folder);
  if (!inMemory.includes(name)) return undefined;
  return `${folder} is a ${name}, where a sync costs nothing: give --folder on a disk`;
}

/** In us, of a page that is written at the end of a file. */
export function syncTimes(folder, count = syncs) {
  const file = join(folder, `sync-times-${process.pid}`);
  const handle = openSync(file, 'w');
  try {
    const page = Buffer.alloc(pageBytes, 1);
    const times = Array.from({ length: count }, () => {
      const startedAt = nowUs();
      writeSync(handle, page);
      fsyncSync(handle);
      return nowUs() - startedAt;
    });
    return percentiles(times);
  } finally {
    closeSync(handle);
    rmSync(file);
  }
}

function fileSystemOf(folder) {
  const { type } = statfsSync(folder);
  return names.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}
