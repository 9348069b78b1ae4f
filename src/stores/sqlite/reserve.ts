/**
 * The reserve of a store: room on the disk that is kept for the operations that free room.
 *
 * Owned by the engine. Freeing needs room, too: the write-ahead log takes the changed pages before the file does. So a
 * file of a few MiB lies beside the store. On a full disk it shrinks step by step, since other programs may take what it
 * gives, and until it could be filled again only what frees room is written. Invariant: room that comes back goes into
 * the reserve first.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { storeLimits } from '../limits.ts';
import { syncFolder } from './sync.ts';

/** `spent`: some of it, or all. `impossible`: it could not be made, not for lack of room; the store goes without. */
type State = 'whole' | 'spent' | 'impossible';

/** Of a disk, or of a quota on it. */
const noRoom = new Set(['ENOSPC', 'EDQUOT']);
/** Given at once: about what one transaction on a full disk needs. */
const stepBytes = 1024 * 1024;
/** Filled again where this many times its size is free, or the next write would empty it at once. */
const refillFactor = 2;

interface ReserveOptions {
  /** In ms, monotonic. Default: that of the process. */
  readonly now?: (() => number) | undefined;
  /** Called where the store has to go without. */
  readonly warn?: (text: string) => void;
}

export class Reserve {
  private readonly path: string;
  private readonly now: () => number;
  private readonly warn: ((text: string) => void) | undefined;
  private state: State;
  private nextTryAt = Number.NEGATIVE_INFINITY;

  /** Looks only. @param path Of the reserve. */
  constructor(path: string, { now = () => performance.now(), warn }: ReserveOptions = {}) {
    this.path = path;
    this.now = now;
    this.warn = warn;
    this.state = sizeOf(path) >= storeLimits.reserveBytes ? 'whole' : 'spent';
  }

  /** Fills it where it is not whole, at most once in a while. False: the disk has no room for it. Never throws. */
  keep(): boolean {
    if (this.state !== 'spent') return true;
    if (this.now() < this.nextTryAt) return false;
    this.state = this.fill();
    this.nextTryAt = this.now() + storeLimits.reserveRetryMs;
    return this.state !== 'spent';
  }

  /** Gives a step of its room to the disk. False: there was none to give. Never throws. */
  spend(): boolean {
    if (this.state === 'whole') this.state = 'spent';
    this.nextTryAt = this.now() + storeLimits.reserveRetryMs;
    try {
      const size = sizeOf(this.path);
      if (size === 0) return false;
      this.change((descriptor) => ftruncateSync(descriptor, Math.max(0, size - stepBytes)));
      return true;
    } catch {
      return false;
    }
  }

  private fill(): State {
    try {
      if (!this.hasRoom()) return 'spent';
      this.change(write);
      syncFolder(dirname(this.path));
      return 'whole';
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (noRoom.has(code)) return 'spent';
      this.warn?.(
        `the reserve ${this.path} cannot be made: ${message}; without it nothing can be taken out of the store on a full disk`,
      );
      return 'impossible';
    }
  }

  private hasRoom(): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.path));
    return bavail * bsize >= refillFactor * storeLimits.reserveBytes;
  }

  private change(act: (descriptor: number) => void): void {
    const descriptor = openSync(this.path, 'a', 0o600);
    try {
      act(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Random bytes, which no file system stores in less room. What is there already was not all of it. */
function write(descriptor: number): void {
  ftruncateSync(descriptor);
  try {
    const chunk = new Uint8Array(stepBytes);
    for (let written = 0; written < storeLimits.reserveBytes; )
      written += writeSync(descriptor, randomFillSync(chunk));
    fsyncSync(descriptor);
  } catch (error) {
    // Part of it would only take from others what cannot be used.
    ftruncateSync(descriptor);
    throw error;
  }
}
