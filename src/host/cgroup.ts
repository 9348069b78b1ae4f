/**
 * How many processors the control group of this process may use, as Linux says.
 *
 * Used by the host's `Machine`: Node.js counts processors without it before version 22. What memory the group may use Node.js
 * knows in all versions. Invariant: it never throws; where the system sets no limit, or does not say, there is none.
 */
import { readFileSync } from 'node:fs';

/** Undefined: it cannot be read. */
type Read = (path: string) => string | undefined;

const root = '/sys/fs/cgroup';
const unlimited = Number.POSITIVE_INFINITY;

/** In processors: 1.5 is one and a half. Infinity: no limit. @param read A file of the system. */
export function cpuLimit(read: Read = readText): number {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  let least = unlimited;
  for (const [number, controllers = '', path = '/'] of groups)
    for (const folder of foldersTo(path)) {
      if (number === '0' && controllers === '')
        least = Math.min(least, quotaOf(read(`${root}${folder}cpu.max`)));
      if (!controllers.split(',').includes('cpu')) continue;
      const quota = read(`${root}/${controllers}${folder}cpu.cfs_quota_us`);
      const period = read(`${root}/${controllers}${folder}cpu.cfs_period_us`);
      least = Math.min(least, quotaOf(`${quota} ${period}`));
    }
  return least;
}

/** The group, and those that it is in: each of them may have a limit. In a container its own is the root. */
function foldersTo(path: string): string[] {
  const names = path.trim().split('/').filter(Boolean);
  return Array.from(
    { length: names.length + 1 },
    (_, i) =>
      `/${names
        .slice(0, i)
        .map((name) => `${name}/`)
        .join('')}`,
  );
}

/** `max 100000`, `150000 100000`; in version 1 no limit is -1. */
function quotaOf(text = ''): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return unlimited;
  return quota / period;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
