/**
 * One handler of the program: hands it letters, and says what became of each.
 *
 * Made by `handling.ts`, which gives it the letters that it selects. Letters are begun in the order in which they came,
 * some at a time; with `ordered` of each author one at a time. Invariant: each letter that was handed over is settled once, by the first of: the handler's end, its
 * timeout, the end of the node.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { stackOfThrown, textOfThrown } from '../../../kernel/thrown.ts';
import { decodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { conversationOf } from '../../conversations/core/shared.ts';
import type { Letter } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { Delivery } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import type { Selection } from '../core/selection.ts';
import type { LettersFeatureShape } from '../shape.ts';
import type { HandledLog } from './handled-log.ts';

type Ports = NodePorts<LettersFeatureShape, Letters>;

export interface Handler {
  readonly handle: (letter: Letter) => unknown;
  readonly selection: Selection;
  readonly concurrency: number;
  readonly attempts: number;
  readonly ordered: boolean;
  readonly handlerTimeoutMs: number | undefined;
  /** Undefined: a letter that was handled before is handled again. */
  readonly handled: HandledLog | undefined;
}

interface Job {
  readonly store: number;
  readonly delivery: Delivery;
  /** Of this node, where it was not given back meanwhile. */
  attempt: number;
}

export class HandlerQueue {
  readonly handler: Handler;
  private readonly ports: Ports;
  private readonly becameIdle: () => void;
  private readonly waiting: Job[] = [];
  private running = 0;
  private state: 'opening' | 'open' | 'stopped' = 'opening';
  /** With `ordered`: by author, the letter that is at work or waits for its next attempt, and those behind it. */
  private readonly lines = new Map<string, { first: Job; later: Job[] }>();
  /** Of these first ones, those that wait for their next attempt. */
  private readonly held = new Set<Job>();

  constructor(ports: Ports, handler: Handler, becameIdle: () => void) {
    this.ports = ports;
    this.handler = handler;
    this.becameIdle = becameIdle;
  }

  get isIdle(): boolean {
    return this.running === 0;
  }

  open(): void {
    if (this.state === 'opening') this.state = 'open';
    this.beginNext();
  }

  received(store: number, delivery: Delivery): void {
    this.waiting.push({ store, delivery, attempt: delivery.attempt });
  }

  /** Nothing new begins. @returns the places of what was not begun. */
  stop(): number[] {
    this.state = 'stopped';
    return this.forget();
  }

  /** What was not begun is somebody else's now. @returns its places. */
  forget(): number[] {
    const later = [...this.lines.values()].flatMap((line) => line.later.splice(0));
    const notBegun = [...this.waiting, ...this.held];
    // An author stays in line only behind a letter that is at work.
    for (const job of notBegun)
      if (this.lines.get(job.delivery.author)?.first === job) this.lines.delete(job.delivery.author);
    this.waiting.length = 0;
    this.held.clear();
    return [...notBegun, ...later].map(({ delivery }) => delivery.n);
  }

  beginNext(): void {
    while (this.state === 'open' && this.running < this.handler.concurrency) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      if (this.isItsTurn(job)) void this.run(job);
    }
  }

  /** False: it waits behind another one of its author. */
  private isItsTurn(job: Job): boolean {
    if (!this.handler.ordered) return true;
    const { author } = job.delivery;
    const line = this.lines.get(author);
    if (line === undefined) this.lines.set(author, { first: job, later: [] });
    else if (line.first !== job) {
      line.later.push(job);
      return false;
    }
    return true;
  }

  private async run(job: Job): Promise<void> {
    this.running++;
    const { after } = this.ports;
    const { id } = job.delivery;
    const { handle, handlerTimeoutMs, handled } = this.handler;
    const slow = after(letterLimits.letterSlowMs, () =>
      this.ports.warn(
        'letters',
        `the handler of letter ${id} has not settled within ${letterLimits.letterSlowMs / 1000} s`,
      ),
    );
    try {
      if (handled?.has(id) !== true) {
        await limited(handle(letterOf(job)), handlerTimeoutMs, after);
        if (handled !== undefined) await handled.record(id);
      }
      this.settle(({ mailbox }) => mailbox.handled(job.store, job.delivery.n));
    } catch (error) {
      this.failed(job, error);
    } finally {
      slow();
      this.running--;
      if (!this.held.has(job)) this.letNext(job);
      if (this.running === 0) this.becameIdle();
      this.beginNext();
    }
  }

  private failed(job: Job, error: unknown): void {
    const { store, delivery } = job;
    const { n, author } = delivery;
    const { attempts, ordered } = this.handler;
    const reason = textOfThrown(error);
    if (error instanceof SkeinError && error.code === 'SKEIN_REFUSED')
      return this.settle(({ mailbox }) => mailbox.end(store, n, 'refused', reason));
    this.ports.warn(
      'handler',
      `letter ${delivery.id} from ${author}, attempt ${job.attempt}: ${textOf(error)}`,
    );
    if (job.attempt >= attempts) return this.settle(({ mailbox }) => mailbox.end(store, n, 'failed', reason));
    // One that is held by a handler that was closed would be settled by nobody.
    if (ordered && this.state !== 'stopped') this.holdBack(job);
    else this.settle(({ mailbox }) => mailbox.again(store, n, job.attempt, reason));
  }

  /** It stays in hand, and its author's later letters behind it. */
  private holdBack(job: Job): void {
    this.settle(({ mailbox }) => {
      this.held.add(job);
      this.ports.after(mailbox.retryWaitMs(job.attempt++), () => {
        if (!this.held.delete(job)) return;
        this.waiting.unshift(job);
        this.beginNext();
      });
    });
  }

  /** What waited behind it. Nothing, where that was given back meanwhile. */
  private letNext(job: Job): void {
    const { author } = job.delivery;
    const line = this.lines.get(author);
    if (line?.first !== job) return;
    const next = line.later.shift();
    if (next === undefined) this.lines.delete(author);
    else {
      line.first = next;
      this.waiting.unshift(next);
    }
  }

  private settle(act: (behavior: Letters) => void): void {
    if (this.ports.tryEnter()) act(this.ports.behavior);
  }
}

function letterOf({ delivery, attempt }: Job): Letter {
  const { id, type, author: from, recipients: to, sentAt, encoding, body, via } = delivery;
  const conversation = conversationOf(type);
  return {
    id,
    type,
    ...(conversation === undefined ? {} : { conversation }),
    from,
    to,
    body: decodeBody(encoding, body),
    timestamp: new Date(sentAt),
    attempt,
    delivered: attempt > 1,
    trace: [from, via],
  };
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
  return stackOfThrown(error);
}
