/**
 * Watches the runtime folder and reports the other nodes in it as sightings.
 *
 * Who calls it: the driver, for as long as its node lives. Invariant: every living entry of another node
 * is reported at the start, when it appears or changes, and again at each slow re-scan, which alone is
 * enough where the system cannot notify; the watch itself never keeps a process alive nor ends it.
 */
import { type FSWatcher, watch } from 'node:fs';
import type { Sighting } from '../kernel/contracts.ts';
import { hostLimits } from './limits.ts';
import { instancePending, type RuntimeEntry } from './runtime-entry.ts';
import type { Registration, RuntimeFolder } from './runtime-folder.ts';

export interface RuntimeWatch {
  close(): void;
}

/** @param own This node's place: never reported, and put back if somebody tidied it away. */
export function watchFolder(
  folder: RuntimeFolder,
  own: Registration,
  report: (sighting: Sighting) => void,
): RuntimeWatch {
  let closed = false;
  const tell = (entry: RuntimeEntry | undefined) => {
    if (!closed && entry !== undefined && isOther(entry, own)) report(sightingOf(entry));
  };
  const scan = () => {
    if (closed) return;
    restore(own);
    void folder.sweep().then(() => {
      for (const entry of folder.list()) tell(entry);
    });
  };
  const watcher = startWatcher(folder.path, (file) => {
    if (file === null) scan();
    else if (file.endsWith('.json') && !file.startsWith('.'))
      tell(folder.read(file.slice(0, -'.json'.length)));
  });
  const first = setImmediate(scan);
  const timer = setInterval(scan, hostLimits.rescanIntervalMs).unref();
  return {
    close: () => {
      closed = true;
      clearImmediate(first);
      clearInterval(timer);
      watcher?.close();
    },
  };
}

function startWatcher(path: string, changed: (file: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_kind, file) => changed(file));
    // Out of watches, or the folder went away: the re-scan goes on.
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function restore(own: Registration): void {
  try {
    own.restore();
  } catch {
    // A folder that became unusable takes discovery by folder away, not the node.
  }
}

function isOther(entry: RuntimeEntry, own: Registration): boolean {
  return (
    entry.instance !== own.entry.instance && entry.instance !== instancePending && entry.addresses.length > 0
  );
}

function sightingOf(entry: RuntimeEntry): Sighting {
  const { name, namespace, instance, addresses } = entry;
  return { name, namespace, instance, addresses, origin: 'runtime folder' };
}
