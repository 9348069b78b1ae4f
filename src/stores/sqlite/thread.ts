/**
 * A thread that holds a store's file open, as the store sees it.
 *
 * Made by the store; another one is made when it has ended. Invariant: each operation is answered once, if only with why
 * that is unknown, unless the thread has ended and none that it has not answered was begun; it keeps the process alive only
 * while an operation or a backup is under way.
 */
import { Worker } from 'node:worker_threads';
import { type Failure, failure, SkeinError } from '../../kernel/errors.ts';
import type { SizedEntry } from '../group.ts';
import type { Outcome } from '../parts.ts';
import type { FromThread, StoreThreadData, ThreadOutcome, ToThread } from './messages.ts';

export class StoreThread {
  /** Of the store. */
  readonly id: string;
  /** Of the last claim, or what the file says. */
  epoch: number;
  private readonly worker: Worker;
  private readonly ended: Promise<unknown>;
  private hasEnded = false;
  /** What became of the first operations that were not answered before. */
  private answered: (outcomes: readonly Outcome[]) => void = () => undefined;
  private unanswered = 0;
  private readonly backups: ((failure: Failure | undefined) => void)[] = [];

  /** @throws SkeinError with what is wrong with the file. */
  static async open(program: URL, data: StoreThreadData, warn: (text: string) => void): Promise<StoreThread> {
    // Options of the process are its program's: with `node --input-type=module -e` no thread of a file could start.
    const worker = new Worker(program, { workerData: data, execArgv: [] });
    let problem: unknown;
    worker.once('error', (error) => {
      problem = error;
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const first = new Promise<FromThread>((resolve) => {
      worker.on('message', (message: FromThread) => {
        if (message.type === 'warning') warn(message.text);
        else resolve(message);
      });
    });
    // Where it could not even begin, it ends without a word.
    const message = await Promise.race([first, ended]);
    if (message?.type === 'open') return new StoreThread(worker, ended, message);
    await ended;
    if (message?.type === 'failed') throw errorOf(message.failure);
    const text = `the thread of the store ${data.path} could not start: ${String(problem ?? 'it ended')}`;
    throw new SkeinError('SKEIN_STORE', text, { cause: problem });
  }

  private constructor(
    worker: Worker,
    ended: Promise<unknown>,
    opened: Extract<FromThread, { type: 'open' }>,
  ) {
    this.id = opened.id;
    this.epoch = opened.epoch;
    this.worker = worker;
    this.ended = ended;
    worker.on('message', (message: FromThread) => {
      if (message.type === 'backup') this.backupDone(message.failure);
      if (message.type !== 'outcomes') return;
      this.hasEnded ||= message.isLast;
      this.epoch = message.epoch;
      this.answer(message.outcomes.map(outcomeOf));
    });
    // Its last answers come before it has ended, and may come after its error.
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.broken(cause));
    worker.unref();
  }

  onAnswered(answered: (outcomes: readonly Outcome[]) => void): void {
    this.answered = answered;
  }

  /** It takes no more operations, and those that it has not answered it has not begun. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** After those before them. */
  carryOut(operations: readonly SizedEntry[]): void {
    this.unanswered += operations.length;
    this.worker.ref();
    const plain = operations.map(({ feature, operation, byteLength }) => ({
      feature,
      operation,
      byteLength,
    }));
    this.say({ type: 'operations', operations: plain });
  }

  /** After the operations before it, and before those after it. @throws SkeinError */
  async backup(file: string): Promise<void> {
    const problem = await new Promise<Failure | undefined>((resolve) => {
      this.backups.push(resolve);
      this.worker.ref();
      this.say({ type: 'backup', file });
    });
    if (problem !== undefined) throw errorOf(problem);
  }

  /** Resolves once the file is closed and the thread is gone. */
  async end(): Promise<void> {
    if (!this.hasEnded) this.say({ type: 'close' });
    this.worker.ref();
    await this.ended;
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private answer(outcomes: readonly Outcome[]): void {
    this.unanswered = this.hasEnded ? 0 : this.unanswered - outcomes.length;
    this.unrefIfIdle();
    this.answered(outcomes);
  }

  private backupDone(problem: Failure | undefined): void {
    const resolve = this.backups.shift();
    this.unrefIfIdle();
    resolve?.(problem);
  }

  private unrefIfIdle(): void {
    if (this.unanswered === 0 && this.backups.length === 0) this.worker.unref();
  }

  /** It is gone: what it was doing is unknown. */
  private broken(cause: unknown): void {
    this.hasEnded = true;
    const backupText = 'the thread of the store has ended during the backup: back it up again';
    while (this.backups.length > 0) this.backupDone(failure('SKEIN_LOST', backupText));
    if (this.unanswered === 0) return;
    const text = 'the thread of the store has ended, and whether it is in the store is unknown';
    const error = new SkeinError('SKEIN_LOST', text, { cause });
    this.answer(Array.from({ length: this.unanswered }, () => ({ ok: false, error })));
  }
}

function outcomeOf(said: ThreadOutcome): Outcome {
  return said.ok ? said : { ok: false, error: errorOf(said.failure) };
}

function errorOf({ code, message, details }: Failure): SkeinError {
  return new SkeinError(code, message, { details });
}
