/**
 * `letters.handle`: the program's handlers, and which letters each of them gets.
 *
 * Made by the letters facade. Invariant: a letter has at most one handler; the broker hands over no letters that have
 * none, and what a closed handler has not begun goes back to it.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { MessageSubscription } from '../../../kit/streams.ts';
import { subscription } from '../../../kit/subscription.ts';
import type { HandleOptions, Letter } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { LettersEvent, Window } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import { isSelected, type Selection } from '../core/selection.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkHandler } from './check-options.ts';
import { HandledLog } from './handled-log.ts';
import { type Handler, HandlerQueue } from './handler-queue.ts';

type Ports = NodePorts<LettersFeatureShape, Letters>;

export class Handling {
  private readonly ports: Ports;
  /** Of the handlers that are open. */
  private readonly queues = new Set<HandlerQueue>();
  /** Of closed handlers that are at work still. */
  private readonly ending = new Set<HandlerQueue>();
  private whenIdle: (() => void) | undefined;
  private isAwaitingStore = false;
  private log: HandledLog | undefined;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  handle(handle: (letter: Letter) => unknown, options: HandleOptions): MessageSubscription {
    checkHandler(handle, options);
    const handled = options.dedup === true ? this.handledLog() : undefined;
    const handler = handlerOf(handle, options, handled);
    const queue: HandlerQueue = new HandlerQueue(this.ports, handler, () => this.becameIdle(queue));
    this.checkFree(queue.handler.selection);
    this.queues.add(queue);
    const opened = handled === undefined ? this.open(queue) : this.openWith(handled, queue);
    // That the node is closed is reported by its `close` event.
    opened.catch(() => undefined);
    return subscription(opened, () => this.close(queue), options.signal);
  }

  /** The node has ended. */
  end(): void {
    void this.log?.close();
  }

  private open(queue: HandlerQueue): Promise<void> {
    queue.open();
    return this.ports.ask('open', this.window());
  }

  /** Nothing is handed over before it is known what was handled. */
  private async openWith(handled: HandledLog, queue: HandlerQueue): Promise<void> {
    try {
      await handled.open();
    } catch (error) {
      this.close(queue);
      throw error;
    }
    if (this.queues.has(queue)) await this.open(queue);
  }

  private handledLog(): HandledLog {
    this.log ??= new HandledLog(this.ports, () => this.ports.behavior.wallNow);
    return this.log;
  }

  /** The kernel behind this node has changed. */
  resume(): void {
    for (const queue of this.queues) queue.forget();
    if (this.queues.size > 0) void this.ports.ask('open', this.window());
  }

  /** The node is to end: nothing new begins. @param idle Called once nothing runs, and what became of letters is stored. */
  drain(idle: () => void): void {
    this.whenIdle = idle;
    for (const queue of [...this.queues]) this.close(queue);
    this.lookIdle();
  }

  received({ store, deliveries }: Extract<LettersEvent, { type: 'letters' }>): void {
    for (const delivery of deliveries) this.queueFor(delivery.type)?.received(store, delivery);
    for (const queue of this.queues) queue.beginNext();
  }

  /** The handler of its type before that of all others. */
  private queueFor(type: string): HandlerQueue | undefined {
    const all = [...this.queues].filter(({ handler }) => isSelected(handler.selection, type));
    return all.find(({ handler }) => handler.selection.types.includes(type)) ?? all[0];
  }

  private checkFree({ types, others, conversations }: Selection): void {
    const used = this.selection();
    const twice = types.find((type) => used.types.includes(type));
    if (twice !== undefined)
      throw new SkeinError(
        'SKEIN_INVALID',
        `this node handles letters of type "${twice}" already: close that subscription first`,
      );
    if ((others && used.others) || (conversations && used.conversations))
      throw new SkeinError(
        'SKEIN_INVALID',
        `this node handles letters${others ? '' : ' of conversations'} already: close that subscription first`,
      );
    const { letterTypesMax } = letterLimits;
    if (used.types.length + types.length > letterTypesMax)
      throw new SkeinError(
        'SKEIN_INVALID',
        `the handlers of this node name ${used.types.length} types and conversations: at most ${letterTypesMax}; handle all conversations with one handler`,
      );
  }

  private selection(): Selection {
    const all = [...this.queues].map(({ handler }) => handler.selection);
    return {
      types: all.flatMap(({ types }) => types),
      others: all.some(({ others }) => others),
      conversations: all.some(({ conversations }) => conversations),
    };
  }

  private window(): Window {
    return {
      letters: letterLimits.lettersInHandMax,
      bytes: letterLimits.lettersInHandBytesMax,
      selection: this.selection(),
    };
  }

  private close(queue: HandlerQueue): void {
    if (!this.queues.delete(queue)) return;
    const notBegun = queue.stop();
    if (!queue.isIdle) this.ending.add(queue);
    this.announce(notBegun);
  }

  /** What was not begun goes back to the swarm, for the next one that handles such letters. */
  private announce(notBegun: readonly number[]): void {
    if (!this.ports.tryEnter()) return;
    const { mailbox } = this.ports.behavior;
    if (this.queues.size === 0) mailbox.close(notBegun);
    else mailbox.open(this.window(), notBegun);
  }

  private becameIdle(queue: HandlerQueue): void {
    this.ending.delete(queue);
    this.lookIdle();
  }

  private lookIdle(): void {
    if (this.whenIdle === undefined || this.ending.size > 0) return;
    if (this.isAwaitingStore) return;
    this.isAwaitingStore = true;
    if (this.ports.tryEnter()) this.ports.behavior.mailbox.awaitConfirmed();
    else this.confirmed();
  }

  /** What the program has said of letters is in the store. */
  confirmed(): void {
    const idle = this.whenIdle;
    this.whenIdle = undefined;
    idle?.();
  }
}

function handlerOf(
  handle: (letter: Letter) => unknown,
  options: HandleOptions,
  handled: HandledLog | undefined,
): Handler {
  const { concurrency = letterLimits.letterConcurrency, attempts = letterLimits.letterAttempts } = options;
  const { ordered = false, handlerTimeoutMs, types = [], conversations = false } = options;
  const others = types.length === 0 && !conversations;
  const selection = { types: [...new Set(types)], others, conversations };
  return { handle, selection, concurrency, attempts, ordered, handlerTimeoutMs, handled };
}
