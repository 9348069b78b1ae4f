/** A real file system of a few MiB, in a namespace of mounts so that nothing of it stays, and what fills it. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const namespace = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
const mounted = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"';

/** Arguments of `unshare` that run this program where that folder is such a disk. */
export function onSmallDisk(megabytes: number, folder: string, program: readonly string[]): string[] {
  return [...namespace, 'sh', '-c', mounted, 'sh', `${megabytes}m`, folder, ...program];
}

/** Why none can be had here; undefined: it can. */
export function smallDiskProblem(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'skein-small-disk-'));
  try {
    const { status, stderr } = spawnSync('unshare', onSmallDisk(1, folder, ['true']), { encoding: 'utf8' });
    if (status === 0) return undefined;
    return `a small disk cannot be mounted here: ${stderr?.trim() ?? 'there is no unshare'}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Down to the last byte. */
export function fillDisk(file: string): void {
  const descriptor = openSync(file, 'a');
  for (let size = 1024 * 1024; size >= 1; )
    try {
      writeSync(descriptor, new Uint8Array(size));
    } catch {
      size /= 2;
    }
  closeSync(descriptor);
}
