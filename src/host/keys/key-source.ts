/**
 * Where a node's keys come from: its program, `SKEIN_KEY`, a file named, or the user's own file.
 *
 * Who calls it: create-node. Invariant: the first of these that is there counts alone; a file is read again
 * when it has changed and then stood still, and one that has become unusable changes nothing.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { hostLimits } from '../limits.ts';
import { defaultKeyPath, readKeyFile } from './key-file.ts';
import { KeyRing } from './key-ring.ts';
import { MeshKey } from './mesh-key.ts';

export interface KeyChoice {
  /** Text forms; `false`: none, whatever the user has. Default: as found. */
  readonly key: readonly string[] | false | undefined;
  /** Must be there when it is named. */
  readonly keyFile: string | undefined;
}

export interface FoundKeys {
  readonly ring: KeyRing;
  /** Undefined: they cannot change while the program runs. */
  readonly path: string | undefined;
}

/** @throws SkeinError SKEIN_KEY when keys are there and cannot be used. Undefined: there are none. */
export function findKeys(
  choice: KeyChoice,
  environment: NodeJS.ProcessEnv = process.env,
): FoundKeys | undefined {
  if (choice.key === false) return undefined;
  if (choice.key !== undefined) return fixed(choice.key, 'key');
  const variable = environment.SKEIN_KEY;
  if (choice.keyFile === undefined && variable !== undefined && variable.trim() !== '')
    return fixed(variable.trim().split(/[\s,]+/), 'SKEIN_KEY');
  const path = choice.keyFile ?? defaultKeyPath(environment);
  const keys = readKeyFile(path);
  const isNamed = choice.keyFile !== undefined || (environment.SKEIN_KEY_FILE ?? '') !== '';
  if ((keys === undefined || keys.length === 0) && isNamed)
    throw new SkeinError(
      'SKEIN_KEY',
      `key file: there is no key in ${path}; make one: skein key new --key-file ${path}`,
    );
  return keys === undefined || keys.length === 0 ? undefined : { ring: new KeyRing(keys), path };
}

/** Tells the ring of each change of the file. Closed by the returned function. */
export function watchKeys({ ring, path }: FoundKeys, failed: (text: string) => void): () => void {
  if (path === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let seen = looksOf(path);
  const reread = () => {
    try {
      // Whoever removes the last key leaves a comment: this one is still being written.
      if (sizeOf(path) === 0) return;
      ring.replace(readKeyFile(path) ?? []);
    } catch (error) {
      // A key that was typed wrong must not lock its user out: the keys held so far stay.
      failed(`${(error as Error).message}; the keys held so far stay`);
    }
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(reread, hostLimits.keyFileStillMs).unref();
  };
  const look = () => {
    const now = looksOf(path);
    if (now !== seen) changed();
    seen = now;
  };
  const looking = setInterval(look, hostLimits.keyFileLookMs).unref();
  const watcher = watchFile(path, changed, look);
  // What changed between the first reading and the watching.
  changed();
  return () => {
    clearTimeout(timer);
    clearInterval(looking);
    watcher?.close();
  };
}

/**
 * Undefined when there is no such file.
 * @throws Error when it cannot be looked at. `throwIfNoEntry` would not tell the two apart: since Node.js 22 it takes a
 * folder that has become a file for a file that was removed, and all keys would be dropped.
 */
function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Differs once the file does, wherever the links on the way to it lead. */
function looksOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** @param look Something else has changed beside it: perhaps a link that it lies behind. */
function watchFile(path: string, changed: () => void, look: () => void): FSWatcher | undefined {
  try {
    // The folder, since most changes replace the file.
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(path)) changed();
      else look();
    });
    return watcher.on('error', () => undefined);
  } catch {
    // Out of watches: the slow look goes on.
    return undefined;
  }
}

function fixed(texts: readonly string[], source: string): FoundKeys {
  return { ring: new KeyRing(texts.map((text) => MeshKey.parse(text, source))), path: undefined };
}
