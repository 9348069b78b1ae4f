/**
 * The store's file and the operations on it: one group after another, each group one transaction.
 *
 * Owned by the store's thread. Invariant: an outcome that is ok is on the disk; of an operation that failed nothing is;
 * a commit that failed is unknown, and the engine is over: another one reads from the file what is in it.
 */
import { SkeinError } from '../../kernel/errors.ts';
import type { Entry } from '../group.ts';
import { storeLimits } from '../limits.ts';
import type { Outcome } from '../parts.ts';
import { copyTo } from './backup.ts';
import { diskFull, failureOfSqlite, isFull } from './failures.ts';
import { busyTimeoutMs, type OpenFile, openFile, replaced } from './file.ts';
import { ForeignWrites } from './foreign-writes.ts';
import type { SqliteDatabase, SqliteLibrary } from './library.ts';
import { LogWatch } from './log-watch.ts';
import type { AnySqlitePart } from './part.ts';
import { Reserve } from './reserve.ts';
import { type Mode, SqliteParts } from './sqlite-parts.ts';

export interface EngineOptions {
  readonly library: SqliteLibrary;
  readonly path: string;
  readonly parts: readonly AnySqlitePart[];
  /** Where an engine before this one has failed: its store, and its last claim. Default: any store, and what it says. */
  readonly before?: { readonly id: string; readonly epoch: number };
  /** In ms, monotonic. Default: that of the process. */
  readonly now?: () => number;
  /** Called with what endangers the store and is no failure. Default: nobody hears of it. */
  readonly warn?: (text: string) => void;
}

export class SqliteEngine {
  private readonly path: string;
  private readonly reserve: Reserve;
  private readonly file: OpenFile;
  private readonly database: SqliteDatabase;
  private readonly parts: SqliteParts;
  private readonly log: LogWatch;
  private readonly foreignWrites: ForeignWrites;
  private over = false;

  /** @throws SkeinError SKEIN_STORE, SKEIN_STORE_FULL or SKEIN_BUSY when it cannot be opened. */
  constructor({ library, path, parts, before, now, warn = () => undefined }: EngineOptions) {
    this.path = path;
    this.reserve = new Reserve(`${path}-reserve`, { now, warn });
    this.file = this.openWithReserve(() => openFile(library, path, parts, before?.id));
    this.database = this.file.database;
    const { database, id } = this.file;
    this.parts = new SqliteParts({ path, database, id, parts, epoch: before?.epoch });
    this.log = new LogWatch(path, this.database, warn);
    this.foreignWrites = new ForeignWrites({ path, database: this.database, parts, warn });
    this.reserve.keep();
  }

  /** Of the store. */
  get id(): string {
    return this.file.id;
  }

  /** Of the last claim; of one whose commit failed as well. */
  get claimedEpoch(): number {
    return this.parts.epoch;
  }

  /** It takes no more. Its thread must end, too: one of the libraries lets go of the file only then. */
  get isOver(): boolean {
    return this.over;
  }

  /** In order, each entirely or not at all. Never throws. Not to be called once it is over. */
  carryOut(group: readonly Entry[]): Outcome[] {
    if (!this.file.isInPlace()) {
      this.close();
      return refused(group, replaced(this.path));
    }
    if (!this.reserve.keep()) return this.carryOutScarce(group);
    // Mostly nothing fails, and then nothing is undone apart from the rest.
    let outcomes = this.attempt(group, 'together');
    if (outcomes === 'failed') outcomes = this.attempt(group, 'apart');
    if (!this.over) this.log.check();
    if (Array.isArray(outcomes)) return outcomes;
    this.reserve.spend();
    this.checkpoint('TRUNCATE');
    return this.carryOutScarce(group);
  }

  /** @param file Must not be there. @throws SkeinError, and the store goes on. */
  backup(file: string): void {
    if (this.over || !this.file.isInPlace()) throw replaced(this.path);
    copyTo(this.database, this.path, file);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.database.close();
  }

  /** Opening takes room, too: for the index of the write-ahead log. */
  private openWithReserve(open: () => OpenFile): OpenFile {
    try {
      return open();
    } catch (error) {
      if ((error as SkeinError).code !== 'SKEIN_STORE_FULL' || !this.reserve.spend()) throw error;
      return this.openWithReserve(open);
    }
  }

  /** On a full disk, in small transactions: the log of each must fit into the room that the reserve has left. */
  private carryOutScarce(group: readonly Entry[]): Outcome[] {
    const outcomes: Outcome[] = [];
    while (outcomes.length < group.length) {
      const from = outcomes.length;
      const slice = group.slice(from, from + storeLimits.scarceOperationsMax);
      outcomes.push(...(this.over ? refused(slice, notBegun()) : this.carryOutSlice(slice)));
      // The log begins again at its start, in room that it has already.
      this.checkpoint('PASSIVE');
    }
    return outcomes;
  }

  private carryOutSlice(slice: readonly Entry[]): Outcome[] {
    let outcomes = this.attempt(slice, 'freeing');
    while (outcomes === 'full' && this.reserve.spend()) outcomes = this.attempt(slice, 'freeing');
    if (outcomes === 'full') outcomes = this.attempt(slice, 'reading');
    return Array.isArray(outcomes) ? outcomes : refused(slice, diskFull(this.path));
  }

  /** Brings the write-ahead log into the file, as far as nobody is in the way. */
  private checkpoint(how: 'PASSIVE' | 'TRUNCATE'): void {
    if (this.over) return;
    try {
      this.database.exec(`PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(${how})`);
    } catch {
      // What is wrong with the file the next group reports.
    }
    this.database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }

  /** `failed`: an operation did, and all was undone with it. `full`: there was no room, and all was undone. */
  private attempt(group: readonly Entry[], mode: Mode): Outcome[] | 'failed' | 'full' {
    const { epoch } = this.parts;
    try {
      this.database.exec('BEGIN IMMEDIATE');
      this.foreignWrites.check(epoch);
      const outcomes = this.parts.run(group, mode);
      if (outcomes !== undefined) return this.commit(outcomes);
      this.database.exec('ROLLBACK');
      this.parts.epoch = epoch;
      return 'failed';
    } catch (error) {
      // SQLite itself failed: nothing of the group is in the store, and a claim in it is undone with the rest.
      this.parts.epoch = epoch;
      this.rollBack();
      if (isFull(error) && !this.over) return 'full';
      return refused(group, failureOfSqlite(error, this.path));
    }
  }

  /** @throws what SQLite does where nothing was written for lack of room. */
  private commit(outcomes: Outcome[]): Outcome[] {
    try {
      this.database.exec('COMMIT');
      return outcomes;
    } catch (cause) {
      if (isFull(cause)) throw cause;
      this.rollBack();
      this.close();
      const { message } = failureOfSqlite(cause, this.path);
      const text = `the commit failed, and whether it is in the store is unknown: ${message}`;
      return outcomes.map((outcome) =>
        outcome.ok ? { ok: false, error: new SkeinError('SKEIN_LOST', text, { cause }) } : outcome,
      );
    }
  }

  /** SQLite may have done it itself already. */
  private rollBack(): void {
    try {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    } catch {
      this.close();
    }
  }
}

function refused(group: readonly Entry[], error: SkeinError): Outcome[] {
  return group.map(() => ({ ok: false, error }));
}

function notBegun(): SkeinError {
  return new SkeinError(
    'SKEIN_LOST',
    'an earlier commit of the group failed: nothing of this one was written',
  );
}
