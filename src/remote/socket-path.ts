/**
 * Where a node's control socket lies, and who may have left a file there.
 *
 * Called by the control server before it listens. Invariant: a path is never cut short without notice
 * (the kernel's limit is 104 bytes on macOS, 108 on Linux), and a socket file is removed only when no
 * process answers behind it.
 */
import { createHash } from 'node:crypto';
import { lstat, stat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { defaultRuntimePath, prepareFolder } from '../host/runtime-path.ts';
import { SkeinError } from '../kernel/errors.ts';
import { codeOf } from './errors.ts';
import { controlLimits } from './limits.ts';

/** `<folder>/<name>.sock`, or a short hashed name where that would be too long for a socket. */
export function socketPathOf(folder: string, name: string): string {
  const hash = createHash('sha256').update(`${folder}\0${name}`).digest('hex').slice(0, 12);
  const candidates = [join(folder, `${name}.sock`), join(folder, `${hash}.sock`)];
  return candidates.find(fits) ?? join(sharedFolder(), `${hash}.sock`);
}

/**
 * Makes the way free for a socket at `path`: its folder is there and the user's own, no dead file lies there.
 * @throws SkeinError SKEIN_ADDRESS when the path cannot be a socket, SKEIN_ADDRESS_IN_USE when a living
 * process answers there.
 */
export async function clearSocketPath(path: string): Promise<void> {
  if (!fits(path)) {
    const accepted = `a control socket's path has at most ${controlLimits.socketPathBytesMax} bytes`;
    throw new SkeinError(
      'SKEIN_ADDRESS',
      `${accepted}, and this one has ${Buffer.byteLength(path)}: ${path}`,
    );
  }
  await prepare(resolve(dirname(path)));
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return;
  if (!file.isSocket()) {
    throw new SkeinError(
      'SKEIN_ADDRESS_IN_USE',
      `${path} is there already and is not a socket: choose another path`,
    );
  }
  if (await answers(path)) {
    throw new SkeinError(
      'SKEIN_ADDRESS_IN_USE',
      `a living node has its control socket at ${path}: choose another`,
    );
  }
  await unlink(path).catch(ignoreMissing);
}

/** Whether a process accepts connections at the socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(controlLimits.probeTimeoutMs, () => settle(true));
    socket.once('connect', () => settle(true));
    // A full backlog (EAGAIN) is a living process; only these two say that nobody listens.
    socket.once('error', (error) => settle(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')));
  });
}

/** Our own folders are made and checked; one that a person has chosen is there, and keeps its mode. */
async function prepare(folder: string): Promise<void> {
  if (folder === sharedFolder() || folder === resolve(defaultRuntimePath())) {
    prepareFolder(folder);
    return;
  }
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new SkeinError(
    'SKEIN_ADDRESS',
    `control socket: there is no folder ${folder}; make it, or choose another path`,
  );
}

function sharedFolder(): string {
  return join('/tmp', `skein-${process.getuid?.() ?? userInfo().username}`);
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= controlLimits.socketPathBytesMax;
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
