/**
 * A chat: the lines that are typed are carried out one after the other, and what others say is printed as it comes.
 *
 * Made by `skein chat`. Invariant: a letter is settled once it is printed; a command that fails does not end the chat.
 */
import { lineOf } from '../../../../cli/kit/exit.ts';
import { formatDuration } from '../../../../kit/duration.ts';
import type { SkeinNode } from '../../../../node/node.ts';
import { Arrivals } from './arrivals.ts';
import { type ChatCommand, chatCommandOf } from './chat-line.ts';
import type { ChatConsole } from './console.ts';
import { shownAllPeers, shownAnswer, shownHelp, shownLetter, shownPeers, shownSaid } from './shown.ts';
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

  constructor(node: SkeinNode, talk: Talk, console: ChatConsole) {
    this.node = node;
    this.talk = talk;
    this.console = console;
  }

  /** Resolves when no more lines come, or at `quit`. @throws what keeps the letters of the node from being handled. */
  async run(): Promise<void> {
    const listening = this.talk.listen(async (said) => {
      await this.console.print(shownSaid(said));
      this.arrivals.arrived();
    });
    try {
      await listening.opened;
      for await (const line of this.console.lines) if (!(await this.typed(line))) break;
    } finally {
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
      const text = await this.carryOut(command, interrupt.signal);
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
        return `(stored for ${(await talk.say(command.text)).join(', ')})`;
      case 'wait':
        return this.wait(command.forMs, signal);
      case 'invite':
        return takingPart(await talk.invite(command.names));
      case 'who':
        return takingPart(await talk.others());
      case 'peers':
        return shownPeers(await node.nodes());
      case 'all-peers':
        return shownAllPeers(await node.swarm.nodes());
      case 'query':
        return this.query(command, signal);
      case 'state':
        return this.state(command.names);
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

  private async state(authors: readonly string[]): Promise<string> {
    const texts: string[] = [];
    for (const from of authors) texts.push(await this.lettersOf(from));
    return texts.join('\n');
  }

  /** The last ones, with what they say where it is still kept. */
  private async lettersOf(from: string): Promise<string> {
    const { letters } = this.node;
    let page = await letters.list({ from });
    let last = page;
    for (let n = page.at(-1)?.n; n !== undefined; n = page.at(-1)?.n) {
      page = await letters.list({ from, after: n });
      last = [...last, ...page].slice(-lettersShown);
    }
    const shown = last.slice(-lettersShown);
    if (shown.length === 0) return `no letters of ${from}`;
    const lines = shown.map(async (letter) => shownLetter(letter, await letters.body(letter.id)));
    return (await Promise.all(lines)).join('\n');
  }
}

function takingPart(others: readonly string[]): string {
  return others.length === 0
    ? '(nobody else takes part)'
    : `(${others.join(', ')} take${others.length === 1 ? 's' : ''} part)`;
}

function timeUp(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const fire = (): void =>
    controller.abort(new Error(`nothing has arrived within ${formatDuration(milliseconds)}`));
  setTimeout(fire, milliseconds).unref();
  return controller.signal;
}
