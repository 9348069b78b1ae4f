/**
 * Whether the place of a store's file can keep it: locks of network file systems do not hold, and memory is no disk.
 *
 * Called by who opens a store. Invariant: what Linux does not say is taken to be a disk.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { SkeinError } from '../../kernel/errors.ts';

/** Their locks, or their shared memory, do not hold between machines: two brokers would break the file. */
const network = new Set([
  ...['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'ncpfs', 'afs', 'ceph', 'glusterfs', 'lustre', 'gfs2', 'ocfs2'],
  ...[
    '9p',
    'beegfs',
    'gpfs',
    'orangefs',
    'fuse.sshfs',
    'fuse.glusterfs',
    'fuse.ceph',
    'fuse.s3fs',
    'fuse.rclone',
  ],
]);
const memory = new Set(['tmpfs', 'ramfs']);

/** What a file system of this type means for a store; undefined: nothing. */
interface PlaceProblem {
  readonly isRefused: boolean;
  readonly text: string;
}

/**
 * @param folder Is there. @param mounts As /proc/self/mountinfo says it.
 * @throws SkeinError SKEIN_STORE for a network file system. @returns A warning, where there is one.
 */
export function checkPlace(folder: string, mounts?: string): string | undefined {
  const type = fileSystemOf(folder, mounts);
  const problem = type === undefined ? undefined : problemOfType(folder, type);
  if (problem?.isRefused === true) throw new SkeinError('SKEIN_STORE', problem.text);
  return problem?.text;
}

export function problemOfType(folder: string, type: string): PlaceProblem | undefined {
  if (network.has(type))
    return {
      isRefused: true,
      text: `the store cannot lie in ${folder}, a network file system (${type}): its locks do not hold; choose a folder on a disk of this machine`,
    };
  if (memory.has(type))
    return {
      isRefused: false,
      text: `the store lies in ${folder}, which is memory (${type}): what it keeps is gone when this machine ends`,
    };
  return undefined;
}

function fileSystemOf(folder: string, mounts: string | undefined): string | undefined {
  try {
    return typeIn(mounts ?? readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(folder));
  } catch {
    // No Linux.
    return undefined;
  }
}

/** @param mounts As /proc/self/mountinfo says it. @param path Without links. */
export function typeIn(mounts: string, path: string): string | undefined {
  let best: { readonly point: string; readonly type: string } | undefined;
  for (const line of mounts.split('\n')) {
    const [head, tail] = line.split(' - ');
    const point = head
      ?.split(' ')[4]
      ?.replaceAll(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
    const type = tail?.split(' ')[0];
    if (point === undefined || type === undefined || !isWithin(path, point)) continue;
    // Of several mounted on one point the last one is seen.
    if (best === undefined || point.length >= best.point.length) best = { point, type };
  }
  return best?.type;
}

function isWithin(path: string, point: string): boolean {
  return point === '/' || path === point || path.startsWith(`${point}/`);
}
