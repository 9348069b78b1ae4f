/**
 * A line that was typed, as a command.
 *
 * Pure. Invariant: what is none is an error that says what is wrong and what is accepted.
 */
import { UsageError } from '../../../../cli/kit/exit.ts';
import { idProblem } from '../../../../cli/kit/short-id.ts';
import { nameProblem } from '../../../../kernel/index.ts';
import { acceptedDurations, parseDuration } from '../../../../kit/duration.ts';
import { conversations, orders } from './ids.ts';

export type ChatCommand =
  | { readonly type: 'nothing' | 'peers' | 'all-peers' | 'who' | 'leave' | 'conversations' | 'help' }
  | { readonly type: 'quit' }
  | { readonly type: 'say'; readonly text: string }
  /** `forMs` undefined: for ever. */
  | { readonly type: 'wait'; readonly forMs: number | undefined }
  | { readonly type: 'invite' | 'converse' | 'state'; readonly names: readonly string[] }
  /** `id`: of a conversation, or the first digits of it. */
  | { readonly type: 'go-on'; readonly id: string }
  | { readonly type: 'order'; readonly service: string; readonly input: unknown }
  /** `id` undefined: of all that this node has ordered. */
  | { readonly type: 'order-status'; readonly id: string | undefined }
  /** `node` undefined: the swarm. */
  | {
      readonly type: 'query';
      readonly node: string | undefined;
      readonly query: string;
      readonly input: unknown;
    };

/** By their first word: how they are written, and what they do. */
export const chatCommands = {
  say: ['say TEXT', 'say it in the conversation; the first begins one'],
  wait: ['wait [DURATION]', 'until something has arrived since the last wait'],
  invite: ['invite NAME...', 'these take part too'],
  leave: ['leave', 'take part no more'],
  who: ['who', 'who takes part'],
  converse: ['converse NAME...', 'begin another conversation'],
  conversations: ['conversations', 'those that this node takes part in; *: this one'],
  conversation: ['conversation ID', 'go on with that one; the first digits do'],
  peers: ['peers [all]', 'nodes that can be reached; all: that were ever here'],
  peer: ['peer NAME QUERY [INPUT]', 'ask a node; INPUT is text, or JSON in {} or []'],
  swarm: ['swarm QUERY [INPUT]', 'ask the swarm'],
  state: ['state AUTHOR...', 'letters of these, and how they stand'],
  order: ['order SERVICE [INPUT]', 'have it done; order status [ID]: how orders are'],
  help: ['help', 'this list'],
  quit: ['quit', 'end the chat, as Ctrl-D does'],
} as const;

type Word = keyof typeof chatCommands;

/** @throws UsageError */
export function chatCommandOf(line: string): ChatCommand {
  const [word = '', rest] = split(line);
  if (word === '') return { type: 'nothing' };
  if (!Object.hasOwn(chatCommands, word))
    throw new UsageError(`no command "${word}": one of ${Object.keys(chatCommands).join(', ')}`);
  return readers[word as Word](rest);
}

const readers: Readonly<Record<Word, (rest: string) => ChatCommand>> = {
  say: (text) => (text === '' ? wrong('say', 'say what') : { type: 'say', text }),
  wait: (rest) => ({ type: 'wait', forMs: rest === '' ? undefined : durationOf(rest) }),
  invite: (rest) => ({ type: 'invite', names: namesOf('invite', rest) }),
  state: (rest) => ({ type: 'state', names: namesOf('state', rest) }),
  converse: (rest) => ({ type: 'converse', names: namesOf('converse', rest) }),
  conversation: (rest) => ({ type: 'go-on', id: conversationIdOf(rest) }),
  conversations: (rest) => alone('conversations', rest),
  leave: (rest) => alone('leave', rest),
  who: (rest) => alone('who', rest),
  help: (rest) => alone('help', rest),
  quit: (rest) => alone('quit', rest),
  peers: (rest) => (rest === 'all' ? { type: 'all-peers' } : alone('peers', rest)),
  peer(rest) {
    const [node, asked] = split(rest);
    return query('peer', nameOf('peer', node), asked);
  },
  swarm: (rest) => query('swarm', undefined, rest),
  order(rest) {
    const [service, input] = split(rest);
    if (service === 'status') return { type: 'order-status', id: orderIdOf(input) };
    return { type: 'order', service: nameOf('order', service), input: inputOf(input) };
  },
};

function query(word: Word, node: string | undefined, rest: string): ChatCommand {
  const [name, input] = split(rest);
  return { type: 'query', node, query: nameOf(word, name), input: inputOf(input) };
}

/** JSON only where it cannot be meant as text. */
function inputOf(text: string): unknown {
  if (text === '') return null;
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch (problem) {
    throw new UsageError(`the input begins as JSON and is none: ${(problem as Error).message}`);
  }
}

type Alone = 'who' | 'help' | 'quit' | 'peers' | 'leave' | 'conversations';

function alone<Type extends Alone>(type: Type, rest: string): { type: Type } {
  return rest === '' ? { type } : wrong(type, `"${rest}" is too much`);
}

function namesOf(word: Word, rest: string): string[] {
  const names = rest.split(/[\s,]+/).filter((name) => name !== '');
  return names.length === 0 ? wrong(word, 'name a node') : names.map((name) => nameOf(word, name));
}

function nameOf(word: Word, name: string): string {
  if (name === '') return wrong(word, 'a name is missing');
  const problem = nameProblem(name);
  return problem === undefined ? name : wrong(word, problem);
}

function conversationIdOf(text: string): string {
  const problem = idProblem(conversations, text);
  return problem === undefined ? text : wrong('conversation', problem);
}

/** @returns Undefined: none was written. */
function orderIdOf(text: string): string | undefined {
  const problem = text === '' ? undefined : idProblem(orders, text);
  if (problem !== undefined) throw new UsageError(`order: ${problem}; usage: order status [ID]`);
  return text === '' ? undefined : text.toLowerCase();
}

function durationOf(text: string): number {
  return parseDuration(text) ?? wrong('wait', `expected ${acceptedDurations}, got "${text}"`);
}

function wrong(word: Word, text: string): never {
  throw new UsageError(`${word}: ${text}; usage: ${chatCommands[word][0]}`);
}

/** The first word, and what follows it. */
function split(line: string): [string, string] {
  const text = line.trim();
  const end = text.search(/\s/);
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end).trimStart()];
}
