/**
 * The store on SQLite: one file, written by a thread of its own.
 *
 * Made by the host of a node that is to keep something. What is asked for goes to the thread at once, which forms groups of
 * it. Invariant: what it reports as done is on the disk; after a commit that failed nothing is written before another thread
 * has opened the file and read what is in it.
 */
import { dirname } from 'node:path';
import { SkeinError } from '../../kernel/errors.ts';
import { OrderedStore } from '../ordered-store.ts';
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
  /** Of what is pending, how many the thread has. */
  private posted = 0;
  private isToPost = false;
  private isReopening = false;
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
    this.use(thread);
  }

  /** They run in the thread, on copies of the copy. */
  protected override get runsHere(): boolean {
    return false;
  }

  /** What is asked for while the thread is idle, it begins at once; what comes behind that in one turn goes there together. */
  protected override added(): void {
    if (this.posted === 0) return this.post();
    if (this.isToPost) return;
    this.isToPost = true;
    queueMicrotask(() => {
      this.isToPost = false;
      this.post();
    });
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

  private post(): void {
    if (this.pendingCount === this.posted) return;
    if (this.thread === undefined || this.thread.isOver) return this.reopen();
    const fresh = this.pending.slice(this.posted);
    this.posted = this.pendingCount;
    this.thread.carryOut(fresh);
  }

  private answered(outcomes: readonly Outcome[]): void {
    this.posted -= outcomes.length;
    this.report(outcomes);
    if (this.thread?.isOver !== true) return;
    // It has begun none of the rest: the next one does.
    this.posted = 0;
    this.post();
  }

  /** Where that cannot be done, all that waits for it hears why. */
  private reopen(): void {
    if (this.isReopening) return;
    this.isReopening = true;
    const failed = (error: unknown): void =>
      this.report(this.pending.map(() => ({ ok: false, error: error as SkeinError })));
    void this.ready()
      .catch(failed)
      .then(() => {
        this.isReopening = false;
        this.post();
      });
  }

  private use(thread: StoreThread): StoreThread {
    this.thread = thread;
    this.posted = 0;
    thread.onAnswered((outcomes) => this.answered(outcomes));
    return thread;
  }

  private ready(): Promise<StoreThread> {
    this.opening ??= this.openThread().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async openThread(): Promise<StoreThread> {
    await this.forgetEnded();
    return this.thread ?? this.use(await this.open({ id: this.id, epoch: this.epoch }));
  }

  /** Not before it is gone: until then it may hold the file. */
  private async forgetEnded(): Promise<void> {
    if (this.thread?.isOver !== true) return;
    this.epoch = this.thread.epoch;
    await this.thread.end();
    this.thread = undefined;
  }
}
