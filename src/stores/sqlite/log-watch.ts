/**
 * Watches the size of a store's write-ahead log: it grows without end while another connection reads and stands still.
 *
 * Called by the engine after each group. Invariant: a log that is too large is reported once, and again only after it
 * has been smaller.
 */
import { statSync } from 'node:fs';
import { storeLimits } from '../limits.ts';
import { readersOf } from './holder.ts';
import type { SqliteDatabase } from './library.ts';

export class LogWatch {
  private readonly path: string;
  private readonly warn: (text: string) => void;
  private readonly isHeldUp: () => boolean;
  private isReported = false;

  /** @param path Of the store. */
  constructor(path: string, database: SqliteDatabase, warn: (text: string) => void) {
    this.path = path;
    this.warn = warn;
    const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.isHeldUp = () => {
      const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
      return checkpointed < log;
    };
  }

  /** Outside a transaction. */
  check(): void {
    const bytes = statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes < storeLimits.writeAheadLogWarnBytes) this.isReported = false;
    // One large transaction makes it large as well: that passes with the next.
    else if (!this.isReported && this.isHeldUp()) {
      this.isReported = true;
      this.warn(textOf(this.path, bytes));
    }
  }
}

function textOf(path: string, bytes: number): string {
  const pids = readersOf(path);
  const own = pids.includes(process.pid) ? ['another connection of this process'] : [];
  const others = pids.filter((pid) => pid !== process.pid).map((pid) => `process ${pid}`);
  const who = [...others, ...own].join(', ') || 'another connection';
  return `the write-ahead log of the store ${path} has grown to ${Math.floor(bytes / 2 ** 20)} MiB and cannot begin again: ${who} reads the store and stands still; let it end`;
}
