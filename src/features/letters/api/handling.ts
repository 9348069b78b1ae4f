/**
 * `letters.handle`: hands letters to the program's handler, and says what became of each.
 *
 * Made by the letters facade. Letters are begun in the order in which they came, some at a time. Invariant: each letter
 * that was handed over is settled once, by the first of: the handler's end, its timeout, the end of the node.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { decodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { MessageSubscription } from '../../../kit/streams.ts';
import type { HandleOptions, Letter } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { Delivery, LettersEvent } from '../core/letters-types.ts';
import { letterLimits, retryWaitMs } from '../core/limits.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkHandler } from './check-options.ts';

type Ports = NodePorts<LettersFeatureShape, Letters>;

interface Handler {
  readonly handle: (letter: Letter) => unknown;
  readonly concurrency: number;
  readonly attempts: number;
  readonly ordered: boolean;
  readonly handlerTimeoutMs: number | undefined;
}

interface Job {
  readonly store: number;
  readonly delivery: Delivery;
  /** Of this node, where it was not given back meanwhile. */
  attempt: number;
}

export class Handling {
  private readonly ports: Ports;
  private handler: Handler | undefined;
  private readonly waiting: Job[] = [];
  private running = 0;
  /** With `ordered`: authors whose letter waits for its next attempt, and those that wait behind it. */
  private readonly behind = new Map<string, { readonly held: Job; readonly later: Job[] }>();
  private whenIdle: (() => void) | undefined;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  handle(handle: (letter: Letter) => unknown, options: HandleOptions): MessageSubscription {
    checkHandler(handle, options);
    if (this.handler !== undefined)
      throw new SkeinError(
        'SKEIN_INVALID',
        'this node handles letters already: close that subscription first',
      );
    const { concurrency = letterLimits.letterConcurrency, attempts = letterLimits.letterAttempts } = options;
    const { ordered = false, handlerTimeoutMs, signal } = options;
    const handler = { handle, concurrency, attempts, ordered, handlerTimeoutMs };
    this.handler = handler;
    const opened = this.open();
    // That the node is closed is reported by its `close` event.
    opened.catch(() => undefined);
    const close = async (): Promise<void> => {
      if (this.handler === handler) this.stop();
    };
    if (signal?.aborted === true) void close();
    else signal?.addEventListener('abort', () => void close(), { once: true });
    return { opened, close, [Symbol.asyncDispose]: close };
  }

  /** The kernel behind this node has changed. */
  resume(): void {
    this.waiting.length = 0;
    this.behind.clear();
    if (this.handler !== undefined) void this.open();
  }

  /** The node is to end: nothing new begins. @param idle Called once nothing runs. */
  drain(idle: () => void): void {
    this.stop();
    if (this.running === 0) idle();
    else this.whenIdle = idle;
  }

  received({ store, deliveries }: Extract<LettersEvent, { type: 'letters' }>): void {
    for (const delivery of deliveries) {
      const job = { store, delivery, attempt: delivery.attempt };
      const behind = this.behind.get(delivery.author);
      if (behind === undefined) this.waiting.push(job);
      else behind.later.push(job);
    }
    this.beginNext();
  }

  private open(): Promise<void> {
    const window = { letters: letterLimits.lettersInHandMax, bytes: letterLimits.lettersInHandBytesMax };
    return this.ports.ask('open', window);
  }

  /** What was not begun goes back to the swarm, for the next one that handles letters. */
  private stop(): void {
    if (this.handler === undefined) return;
    this.handler = undefined;
    const held = [...this.behind.values()].flatMap(({ held: job, later }) => [job, ...later]);
    const notBegun = [...this.waiting, ...held].map(({ delivery }) => delivery.n);
    this.waiting.length = 0;
    this.behind.clear();
    if (this.ports.tryEnter()) this.ports.behavior.mailbox.close(notBegun);
  }

  private beginNext(): void {
    const { handler } = this;
    while (handler !== undefined && this.running < handler.concurrency) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      const behind = this.behind.get(job.delivery.author);
      // One before it has failed since it was put into the line.
      if (behind !== undefined) behind.later.push(job);
      else void this.run(handler, job);
    }
  }

  private async run(handler: Handler, job: Job): Promise<void> {
    this.running++;
    const { after } = this.ports;
    const { id } = job.delivery;
    const slow = after(letterLimits.letterSlowMs, () =>
      this.ports.warn(
        'letters',
        `the handler of letter ${id} has not settled within ${letterLimits.letterSlowMs / 1000} s`,
      ),
    );
    try {
      await limited(handler.handle(this.letterOf(job)), handler.handlerTimeoutMs, after);
      this.settle(({ mailbox }) => mailbox.handled(job.store, job.delivery.n));
    } catch (error) {
      this.failed(handler, job, error);
    } finally {
      slow();
      this.running--;
      if (this.running === 0) this.whenIdle?.();
      this.beginNext();
    }
  }

  private failed(handler: Handler, job: Job, error: unknown): void {
    const { store, delivery } = job;
    const { n, author } = delivery;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof SkeinError && error.code === 'SKEIN_REFUSED')
      return this.settle(({ mailbox }) => mailbox.end(store, n, 'refused', reason));
    this.ports.warn(
      'handler',
      `letter ${delivery.id} from ${author}, attempt ${job.attempt}: ${textOf(error)}`,
    );
    if (job.attempt >= handler.attempts)
      return this.settle(({ mailbox }) => mailbox.end(store, n, 'failed', reason));
    if (handler.ordered) this.holdBack(job);
    else this.settle(({ mailbox }) => mailbox.again(store, n, job.attempt, reason));
  }

  /** It stays in hand, and its author's later letters behind it. */
  private holdBack(job: Job): void {
    const { author } = job.delivery;
    this.behind.set(author, { held: job, later: [] });
    const waitMs = retryWaitMs(job.attempt);
    job.attempt++;
    this.ports.after(waitMs, () => {
      const behind = this.behind.get(author);
      if (behind?.held !== job) return;
      this.behind.delete(author);
      this.waiting.unshift(job, ...behind.later);
      this.beginNext();
    });
  }

  private settle(act: (behavior: Letters) => void): void {
    if (this.ports.tryEnter()) act(this.ports.behavior);
  }

  private letterOf({ delivery, attempt }: Job): Letter {
    const { id, type, author: from, recipients: to, sentAt, encoding, body, via } = delivery;
    return {
      id,
      type,
      from,
      to,
      body: decodeBody(encoding, body),
      timestamp: new Date(sentAt),
      attempt,
      delivered: attempt > 1,
      trace: [from, via],
    };
  }
}

/** What it returned, unless the time is over before. */
function limited(
  result: unknown,
  timeoutMs: number | undefined,
  after: Ports['after'],
): Promise<unknown> | unknown {
  if (timeoutMs === undefined) return result;
  return new Promise((resolve, reject) => {
    const cancel = after(timeoutMs, () =>
      reject(new Error(`the handler has not settled within ${timeoutMs} ms`)),
    );
    Promise.resolve(result).then(resolve, reject).finally(cancel);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
