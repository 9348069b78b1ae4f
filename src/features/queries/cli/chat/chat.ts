/**
 * A chat: the lines that are typed are carried out one after the other, and what others say is printed as it comes.
 *
 * Made by `skein chat`. Invariant: a letter is settled once it is printed; a command that fails does not end the chat.
 */
import { lineOf } from '../../../../cli/kit/exit.ts';
import { formatDuration } from '../../../../kit/duration.ts';
import type { SkeinNode } from '../../../../node/node.ts';
import type { LetterStatus } from '../../../letters/api.ts';
import { Arrivals } from './arrivals.ts';
import { type ChatCommand, chatCommandOf } from './chat-line.ts';
import type { ChatConsole } from './console.ts';
import { interruptible } from './interruptible.ts';
import { Orders } from './orders.ts';
import {
  shownAllPeers,
  shownAnswer,
  shownConversations,
  shownCurrent,
  shownEnded,
  shownHelp,
  shownLeft,
  shownLetter,
  shownOrder,
  shownOrdered,
  shownOrders,
  shownParticipants,
  shownPeers,
  shownPlace,
  shownSaid,
  shownStored,
} from './shown.ts';
import type { Talk } from './talk.ts';

/** Of one author: those that a person still reads. */
const lettersShown = 20;

export class Chat {
  /** Commands that have failed. */
  failures = 0;
  private readonly node: SkeinNode;
  private readonly talk: Talk;
  private readonly console: ChatConsole;
  private readonly arrivals = new Arrivals();
  private readonly orders: Orders;

  constructor(node: SkeinNode, talk: Talk, console: ChatConsole) {
    this.node = node;
    this.talk = talk;
    this.console = console;
    this.orders = new Orders(node, async (ended) => {
      await this.console.print(shownEnded(ended));
      this.arrivals.arrived();
    });
  }

  /** Resolves when no more lines come, or at `quit`. @throws what keeps the letters of the node from being handled. */
  async run(): Promise<void> {
    const listening = this.talk.listen(async (said) => {
      await this.console.print(shownSaid(said, this.node.name));
      this.arrivals.arrived();
    });
    try {
      await listening.opened;
      for await (const line of this.console.lines) if (!(await this.typed(line))) break;
    } finally {
      this.orders.close();
      await listening.close();
    }
  }

  /** False: that was the last line. */
  private async typed(line: string): Promise<boolean> {
    const interrupt = new AbortController();
    const forget = this.console.onInterrupt(() => interrupt.abort(new Error('interrupted')));
    try {
      const command = chatCommandOf(line);
      if (command.type === 'quit') return false;
      const text = await interruptible(this.carryOut(command, interrupt.signal), interrupt.signal);
      if (text !== '') await this.console.print(text);
    } catch (problem) {
      this.failures++;
      const text = lineOf(problem) ?? String(problem);
      await this.console.complain(text.replace(/^skein: /, ''));
    } finally {
      forget();
    }
    return true;
  }

  /** Resolves with what is to be printed. */
  private async carryOut(
    command: Exclude<ChatCommand, { type: 'quit' }>,
    signal: AbortSignal,
  ): Promise<string> {
    const { node, talk } = this;
    switch (command.type) {
      case 'nothing':
        return '';
      case 'say':
        return shownStored(await talk.say(command.text, signal));
      case 'wait':
        return this.wait(command.forMs, signal);
      case 'invite':
        return shownParticipants((await talk.invite(command.names, signal)).participants, node.name);
      case 'leave':
        return shownLeft(await talk.leave());
      case 'who':
        return shownPlace(await talk.who(), node.name);
      case 'converse':
        return shownCurrent(await talk.converse(command.names, signal), node.name);
      case 'conversations':
        return shownConversations(await talk.conversations(), (id) => talk.isCurrent(id));
      case 'go-on':
        return shownCurrent(await talk.goOn(command.id, signal), node.name);
      case 'peers':
        return shownPeers(await node.nodes());
      case 'all-peers':
        return shownAllPeers(await node.swarm.nodes());
      case 'query':
        return this.query(command, signal);
      case 'state':
        return this.state(command.names, signal);
      case 'order':
        return shownOrdered(await this.orders.order(command.service, command.input, signal), command.service);
      case 'order-status':
        return this.orderStatus(command.id, signal);
      case 'help':
        return shownHelp();
    }
  }

  private async wait(forMs: number | undefined, signal: AbortSignal): Promise<string> {
    if (forMs === undefined) await this.arrivals.wait(signal);
    else await this.arrivals.wait(AbortSignal.any([signal, timeUp(forMs)]));
    return '';
  }

  private async query(
    { node, query, input }: Extract<ChatCommand, { type: 'query' }>,
    signal: AbortSignal,
  ): Promise<string> {
    return shownAnswer(await this.node.query<unknown>(node ?? { swarm: true }, query, input, { signal }));
  }

  private async orderStatus(id: string | undefined, signal: AbortSignal): Promise<string> {
    if (id === undefined) return shownOrders(await this.orders.own(signal));
    const { view, result } = await this.orders.status(id, signal);
    return shownOrder(view, result);
  }

  private async state(authors: readonly string[], signal: AbortSignal): Promise<string> {
    const texts: string[] = [];
    for (const from of authors) texts.push(await this.lettersOf(from, signal));
    return texts.join('\n');
  }

  /** The last ones, with what they say where it is still kept. */
  private async lettersOf(from: string, signal: AbortSignal): Promise<string> {
    const { letters } = this.node;
    let shown: LetterStatus[] = [];
    for (let after = 0; ; ) {
      const page = await letters.list({ from, after });
      // Nobody waits any more: there may be many pages.
      signal.throwIfAborted();
      shown = [...shown, ...page].slice(-lettersShown);
      const last = page.at(-1);
      // A page that does not get on would be asked for without end.
      if (last === undefined || last.n <= after) break;
      after = last.n;
    }
    if (shown.length === 0) return `no letters of ${from}`;
    const lines = shown.map(async (letter) => shownLetter(letter, await letters.body(letter.id)));
    return (await Promise.all(lines)).join('\n');
  }
}

function timeUp(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const fire = (): void =>
    controller.abort(new Error(`nothing has arrived within ${formatDuration(milliseconds)}`));
  setTimeout(fire, milliseconds).unref();
  return controller.signal;
}
