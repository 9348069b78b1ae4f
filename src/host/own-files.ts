/**
 * Files of a node's own on this machine, beside the store of its swarm: `NAMESPACE/NODE.NAME`, for this user alone.
 *
 * Made by create-node, offered by the driver. Invariant: a file that is replaced is whole at any moment, also when the
 * machine stops.
 */
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OwnFile, OwnFiles } from '../kit/own-files.ts';
import { makeFolder } from './make-folder.ts';

const privateMode = 0o600;

/** @param folder Made where it is missing, once a file is written. */
export function ownFilesIn(folder: string): OwnFiles {
  return { open: (node, name) => new HostFile(join(folder, `${node}.${name}`)) };
}

class HostFile implements OwnFile {
  private readonly path: string;
  private handle: FileHandle | undefined;

  constructor(path: string) {
    this.path = path;
  }

  async read(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  async append(text: string): Promise<void> {
    this.handle ??= await this.openToAppend();
    await this.handle.appendFile(text);
    await this.handle.datasync();
  }

  async replace(text: string): Promise<void> {
    await this.close();
    makeFolder(dirname(this.path));
    const beside = `${this.path}.new`;
    const written = await open(beside, 'w', privateMode);
    try {
      await written.writeFile(text);
      await written.sync();
    } finally {
      await written.close();
    }
    await rename(beside, this.path);
    await syncFolder(dirname(this.path));
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private async openToAppend(): Promise<FileHandle> {
    const folder = dirname(this.path);
    makeFolder(folder);
    const handle = await open(this.path, 'a', privateMode);
    // A file whose name was not synced may be gone after a power cut, with all that was synced in it.
    await syncFolder(folder);
    return handle;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
