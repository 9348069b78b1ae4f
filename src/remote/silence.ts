/**
 * Notices that a node has fallen silent: its process is stopped, or its event loop is blocked.
 *
 * Used by the control client for whatever waits for an answer. The rule is one for all requests, however long
 * they may take: while one is under way the node answers a ping within `answerTimeoutMs`, or they all fail.
 * Invariant: a node that answers pings is waited for as long as it takes, and a stream that has begun is not
 * watched, since it may be idle for days.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeFolder } from '../host/runtime-folder.ts';
import { SkeinError } from '../kernel/errors.ts';
import { controlLimits } from './limits.ts';

/** A request or the body of an answer: what ends badly when the node is silent. */
interface Waiting {
  destroy(error: Error): unknown;
}

export class SilenceWatch {
  private readonly path: string;
  private readonly waiting = new Set<Waiting>();
  private watching: AbortController | undefined;

  /** @param path of the control socket. */
  constructor(path: string) {
    this.path = path;
  }

  /** The result of `work`, which fails once `waiting` is destroyed. */
  async guard<Result>(waiting: Waiting, work: Promise<Result>): Promise<Result> {
    this.waiting.add(waiting);
    if (this.watching === undefined) {
      this.watching = new AbortController();
      void this.watch(this.watching.signal);
    }
    try {
      return await work;
    } finally {
      this.waiting.delete(waiting);
      if (this.waiting.size === 0) this.rest();
    }
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const answerMs = controlLimits.answerTimeoutMs - controlLimits.quietMs;
    let delayMs: number = controlLimits.quietMs;
    while (!signal.aborted) {
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted || !(await answers(this.path, answerMs, signal))) break;
      delayMs = controlLimits.answerTimeoutMs;
    }
    if (!signal.aborted) this.giveUp();
  }

  private rest(): void {
    this.watching?.abort();
    this.watching = undefined;
  }

  private giveUp(): void {
    this.rest();
    const problem = silent(this.path);
    for (const each of [...this.waiting]) each.destroy(problem);
  }
}

/** Any answer is one, a refusal and a closed connection too: only who does nothing at all is silent. */
function answers(path: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isAlive: boolean) => {
      clearTimeout(timer);
      resolve(isAlive);
      ping.destroy();
    };
    const ping = request({ socketPath: path, path: '/v1', agent: false, signal });
    ping.once('response', () => settle(true)).on('error', () => settle(true));
    ping.end();
    // Where this process itself was held up, the answer lies in the socket by now: it is read before the judgement.
    const timer = setTimeout(() => setImmediate(() => settle(false)), timeoutMs);
  });
}

function silent(path: string): SkeinError {
  const seconds = controlLimits.answerTimeoutMs / 1000;
  return new SkeinError('SKEIN_TIMEOUT', `${whoAt(path)} does not answer for ${seconds} s; is it stopped?`);
}

/** `y (process 12041)`; a node that is not entered in the runtime folder is told by its socket. */
function whoAt(path: string): string {
  const unknown = `the node at ${path}`;
  try {
    const entry = RuntimeFolder.open()
      .list()
      .find(({ control }) => control === path);
    return entry === undefined ? unknown : `${entry.name} (process ${entry.pid})`;
  } catch {
    return unknown;
  }
}
