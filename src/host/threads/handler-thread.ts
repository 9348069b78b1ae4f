/**
 * One thread of a handler's module, as the program sees it: it runs one call at a time.
 *
 * Made by `handler-threads.ts`. Invariant: a call settles once; a thread that has ended, for whatever reason, takes no more.
 */
import { Worker } from 'node:worker_threads';
import { SkeinError } from '../../kernel/errors.ts';
import { encodeBody } from '../../kit/codec.ts';
import type { EncodedBody, ThreadCall } from '../../kit/handler-threads.ts';
import { errorOf } from '../../kit/passed-error.ts';
import { type Settlers, withResolvers } from '../../kit/with-resolvers.ts';
import type { FromHandlerThread, HandlerThreadData, ToHandlerThread } from './thread-messages.ts';

interface Call extends Settlers<EncodedBody> {
  readonly number: number;
  readonly progress: ThreadCall['progress'];
}

interface Module {
  readonly url: string;
  /** As its program has named it. */
  readonly name: string;
  readonly graceMs: number;
}

export class HandlerThread {
  /** Rejects with why it cannot be used. */
  readonly loaded: Promise<void>;
  private readonly module: Module;
  private readonly worker: Worker;
  private readonly loading: Settlers<void>;
  private call: Call | undefined;
  private lastNumber = 0;
  private hasEnded = false;
  /** Why it was ended from here, or what it has not caught. */
  private cause: string | undefined;

  /** @param program URL of `thread-main.ts`, as it was built. */
  constructor(program: URL, module: Module) {
    this.module = module;
    const workerData: HandlerThreadData = { module: module.url };
    // With `node --input-type=module -e` no thread of a file could start; other options are the module's too.
    const isTyped = process.execArgv.some((word) => word.startsWith('--input-type'));
    this.worker = new Worker(program, { workerData, ...(isTyped ? { execArgv: [] } : {}) });
    const { promise, ...settlers } = withResolvers();
    this.loaded = promise;
    this.loading = settlers;
    promise.catch(() => undefined);
    this.worker.on('message', (message: FromHandlerThread) => this.received(message));
    this.worker.on('error', (error: unknown) => {
      this.cause ??= `it died: ${errorText(error)}`;
    });
    this.worker.on('exit', (code) => this.ended(code));
    // What keeps the program alive is its node.
    this.worker.unref();
  }

  /** It takes no more calls. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  async run({ facts, input, signal, progress }: ThreadCall): Promise<EncodedBody> {
    const encoded = encodeBody(input);
    await this.loaded;
    const { promise, ...settlers } = withResolvers<EncodedBody>();
    const number = ++this.lastNumber;
    this.call = { number, progress, ...settlers };
    this.say({ type: 'begin', number, facts, input: encoded });
    let forget = (): void => undefined;
    const abort = (): void => {
      this.say({ type: 'abort', number, reason: errorText(signal.reason) });
      forget = this.endLater(number);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      forget();
    }
  }

  /** It ends now. */
  end(): void {
    this.hasEnded = true;
    void this.worker.terminate();
  }

  /** Its signal has fired: it ends by itself in time, or is ended. */
  private endLater(number: number): () => void {
    const { graceMs } = this.module;
    const timer = setTimeout(() => {
      if (this.call?.number !== number) return;
      this.cause ??= `it went on for ${graceMs} ms after its signal had fired, and was ended`;
      this.end();
    }, graceMs).unref();
    return () => clearTimeout(timer);
  }

  private say(message: ToHandlerThread): void {
    this.worker.postMessage(message);
  }

  private received(message: FromHandlerThread): void {
    switch (message.type) {
      case 'loaded':
        return this.loading.resolve();
      case 'not-loaded': {
        const { name } = this.module;
        const text = `the module ${name} cannot be used as a handler: ${message.error.message}`;
        return this.loading.reject(new SkeinError('SKEIN_INVALID', text));
      }
      default:
        return this.said(message);
    }
  }

  private said(message: Exclude<FromHandlerThread, { type: 'loaded' | 'not-loaded' }>): void {
    const { call } = this;
    if (call?.number !== message.number) return;
    if (message.type === 'progress') return call.progress(message.share, message.note);
    this.call = undefined;
    if (message.type === 'done') call.resolve(message.output);
    else call.reject(errorOf(message.error));
  }

  private ended(code: number): void {
    this.hasEnded = true;
    const why = this.cause ?? `process.exit(${code}) was called in it`;
    const error = new Error(`the thread of ${this.module.name} has ended: ${why}`);
    this.loading.reject(error);
    this.call?.reject(error);
    this.call = undefined;
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
