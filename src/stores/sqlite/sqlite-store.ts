/**
 * The store on SQLite: one file, written by a thread of its own.
 *
 * Made by the host of a node that is to keep something. Invariant: what it reports as done is on the disk; after a
 * commit that failed nothing is written before another thread has opened the file and read what is in it.
 */
import { dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { type Entry, OrderedStore } from '../ordered-store.ts';
import type { Outcome } from '../parts.ts';
import type { StoreThreadData } from './messages.ts';
import { checkPlace } from './place.ts';
import { StoreThread } from './thread.ts';

export interface SqliteStoreOptions extends Omit<StoreThreadData, 'before'> {
  /** The program of its thread. Default: the one beside this file. */
  readonly program?: URL;
  /** Called where the file lies in memory, and with what endangers it later. Default: nobody hears of it. */
  readonly warn?: (text: string) => void;
}

type Opener = (before?: StoreThreadData['before']) => Promise<StoreThread>;

export class SqliteStore extends OrderedStore {
  /** The id of the store, 32 hexadecimal digits: its file has it for as long as it lives. */
  readonly id: string;
  private readonly open: Opener;
  private thread: StoreThread | undefined;
  /** Of the last claim, for the next thread. */
  private epoch: number;
  /** At most one thread is opened at a time. */
  private opening: Promise<StoreThread> | undefined;
  private readonly backups = new Set<Promise<unknown>>();
  private isClosing = false;

  /** @throws SkeinError SKEIN_STORE, SKEIN_STORE_FULL or SKEIN_BUSY, with what is wrong with the file. */
  static async open({ program, warn = () => undefined, ...data }: SqliteStoreOptions): Promise<SqliteStore> {
    const warning = checkPlace(dirname(data.path));
    if (warning !== undefined) warn(warning);
    const file = program ?? new URL('worker.js', import.meta.url);
    const open = (before?: StoreThreadData['before']) =>
      StoreThread.open(file, { ...data, ...(before === undefined ? {} : { before }) }, warn);
    return new SqliteStore(open, await open());
  }

  private constructor(open: Opener, thread: StoreThread) {
    super();
    this.id = thread.id;
    this.epoch = thread.epoch;
    this.open = open;
    this.thread = thread;
  }

  /** They run in the thread, on copies of the copy. */
  protected override get runsHere(): boolean {
    return false;
  }

  protected override commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void {
    void this.carryOut(group).then(done);
  }

  /**
   * Copies the store into a file, with all that was reported before. Groups wait meanwhile.
   *
   * @param file Must not be there; for this user alone. @throws SkeinError SKEIN_INVALID, SKEIN_STORE or SKEIN_STORE_FULL.
   */
  async backup(file: string): Promise<void> {
    if (this.isClosing) throw new SkeinError('SKEIN_CLOSED', 'the store is closed: back it up before');
    const done = this.ready().then((thread) => thread.backup(file));
    this.backups.add(done);
    try {
      await done;
    } finally {
      this.backups.delete(done);
    }
  }

  /** Backups that were asked for are finished. */
  override async close(): Promise<void> {
    this.isClosing = true;
    await Promise.allSettled([super.close(), ...this.backups]);
    await this.thread?.end();
    this.thread = undefined;
  }

  private async carryOut(group: readonly Entry[]): Promise<readonly Outcome[]> {
    try {
      return await (await this.ready()).carryOut(group);
    } catch (error) {
      return group.map(() => ({ ok: false, error: error as SkeinError }));
    }
  }

  private ready(): Promise<StoreThread> {
    this.opening ??= this.openThread().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async openThread(): Promise<StoreThread> {
    await this.forgetEnded();
    this.thread ??= await this.open({ id: this.id, epoch: this.epoch });
    return this.thread;
  }

  /** Not before it is gone: until then it may hold the file. */
  private async forgetEnded(): Promise<void> {
    if (this.thread?.isOver !== true) return;
    this.epoch = this.thread.epoch;
    await this.thread.end();
    this.thread = undefined;
  }
}
