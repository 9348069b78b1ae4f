/** What a chat prints. What others have made is printed so that it cannot steer the terminal. */
import { localTime } from '../../../../cli/kit/local-time.ts';
import { fittedTable, orDash, printable } from '../../../../cli/kit/output.ts';
import { bodyToJson } from '../../../../kit/body.ts';
import type { NodeInfo } from '../../../../kit/views.ts';
import type { LetterStatus } from '../../../letters/api.ts';
import type { SwarmNode } from '../../../swarm/api.ts';
import { chatCommands } from './chat-line.ts';
import type { Said } from './talk.ts';

/** `b: hello`; further lines stand below the first. */
export function shownSaid({ from, body, isNew }: Said): string {
  const joined = isNew ? `(${from} takes part now)\n` : '';
  const [first = '', ...more] = textOf(body).split('\n').map(printable);
  const indent = ' '.repeat(from.length + 2);
  return `${joined}${from}: ${[first, ...more.map((line) => indent + line)].join('\n')}`;
}

export function shownAnswer(answer: unknown): string {
  if (answer instanceof Uint8Array) return `(${answer.length} bytes)`;
  return (typeof answer === 'string' ? answer : JSON.stringify(bodyToJson(answer), null, 2))
    .split('\n')
    .map(printable)
    .join('\n');
}

export function shownPeers(nodes: readonly NodeInfo[]): string {
  const rows = nodes.map(({ name, self, hops, services }) => [
    name,
    self ? 'this node' : `${hops ?? '?'}`,
    orDash(services.join(', ')),
  ]);
  return fittedTable(['NAME', 'HOPS', 'SERVICES'], rows, ['SERVICES']);
}

export function shownAllPeers(nodes: readonly SwarmNode[]): string {
  const rows = nodes.map(({ name, isReachable, firstSeen, lastSeen }) => [
    name,
    isReachable ? 'up' : 'gone',
    localTime(firstSeen),
    localTime(lastSeen),
  ]);
  return fittedTable(['NAME', 'STATE', 'FIRST SEEN', 'LAST SEEN'], rows, ['NAME']);
}

/** @param body Undefined: nobody keeps it any more. */
export function shownLetter(letter: LetterStatus, body: { readonly body: unknown } | undefined): string {
  const { from, recipients, sentAt } = letter;
  const to = recipients.map(({ name, state }) => `${name} ${state}`).join(', ');
  const text = body === undefined ? '' : `: ${textOf(body.body).replaceAll('\n', ' ')}`;
  return printable(`${localTime(sentAt)}  ${from} (${to})${text}`);
}

export function shownHelp(): string {
  const rows = Object.values(chatCommands);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, what]) => `${usage.padEnd(width)}  ${what}`).join('\n');
}

function textOf(body: unknown): string {
  if (body instanceof Uint8Array) return `(${body.length} bytes)`;
  return typeof body === 'string' ? body : JSON.stringify(bodyToJson(body));
}
