/**
 * Threads for handlers that are modules: the host's `HandlerThreads`.
 *
 * A thread is started where none is free, and used again once its call is over. Invariant: no thread has two calls at a time,
 * and one that has ended is not used again.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SkeinError } from '../../kernel/errors.ts';
import { shown } from '../../kit/arguments.ts';
import type { EncodedBody, HandlerModule, HandlerThreads, ThreadCall } from '../../kit/handler-threads.ts';
import { threadFolder } from '../thread-folder.ts';
import { HandlerThread } from './handler-thread.ts';

const programFile = 'handler-thread.js';

export const handlerThreads: HandlerThreads = {
  open(module, graceMs) {
    const url = urlOf(module);
    const program = new URL(programFile, threadFolder('a module as handler', [programFile], 'SKEIN_INVALID'));
    return new ThreadedModule(program, url, graceMs);
  },
};

class ThreadedModule implements HandlerModule {
  readonly loaded: Promise<void>;
  private readonly start: () => HandlerThread;
  private idle: HandlerThread[] = [];
  private isClosed = false;

  constructor(program: URL, url: URL, graceMs: number) {
    const module = { url: url.href, name: fileURLToPath(url), graceMs };
    this.start = () => new HandlerThread(program, module);
    const first = this.start();
    this.idle.push(first);
    this.loaded = first.loaded;
  }

  async run(call: ThreadCall): Promise<EncodedBody> {
    this.idle = this.idle.filter(({ isOver }) => !isOver);
    const thread = this.idle.pop() ?? this.start();
    try {
      return await thread.run(call);
    } finally {
      if (this.isClosed) thread.end();
      else this.idle.push(thread);
    }
  }

  close(): void {
    this.isClosed = true;
    for (const thread of this.idle.splice(0)) thread.end();
  }
}

/** @throws TypeError, SkeinError */
function urlOf(module: string | URL): URL {
  const isUrl = module instanceof URL || module.startsWith('file:');
  const url = isUrl ? new URL(module) : pathToFileURL(module);
  if (url.protocol !== 'file:')
    throw new TypeError(`a module as handler is a path or a file: URL, got ${shown(url.href)}`);
  const path = fileURLToPath(url);
  if (existsSync(path)) return url;
  throw new SkeinError('SKEIN_INVALID', `there is no module ${path} that could be a handler`);
}
