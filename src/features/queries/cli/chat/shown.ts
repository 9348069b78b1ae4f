/** What a chat prints. What others have made is printed so that it cannot steer the terminal. */
import { localTime } from '../../../../cli/kit/local-time.ts';
import { fittedTable, orDash, printable } from '../../../../cli/kit/output.ts';
import { digitsShown } from '../../../../cli/kit/short-id.ts';
import { bodyToJson } from '../../../../kit/body.ts';
import type { NodeInfo } from '../../../../kit/views.ts';
import type { ConversationView } from '../../../conversations/api.ts';
import type { LetterStatus } from '../../../letters/api.ts';
import type { SwarmNode } from '../../../swarm/api.ts';
import type { ListedTaskView, TaskView } from '../../../tasks/api.ts';
import { chatCommands } from './chat-line.ts';
import type { Ended } from './orders.ts';
import type { Current, Notice, Place, Said } from './talk.ts';

const idDigits = 8;

/** `b: hello`, or `b [1f2e3d4c]: hello` in another conversation; further lines stand below the first. */
export function shownSaid({ from, body, elsewhere, notice }: Said, own: string): string {
  const head = `${from}${elsewhere === undefined ? '' : ` [${elsewhere.slice(0, idDigits)}]`}: `;
  const [first = '', ...more] = textOf(body).split('\n').map(printable);
  const indent = ' '.repeat(head.length);
  const said = `${head}${[first, ...more.map((line) => indent + line)].join('\n')}`;
  if (notice === undefined) return said;
  return `${shownNotice(notice, elsewhere, own)}\n${said}`;
}

function shownNotice(notice: Notice, elsewhere: string | undefined, own: string): string {
  switch (notice.type) {
    case 'joined':
      return shownCurrent(notice.current, own);
    case 'newcomers':
      return `(${takePart(notice.names)} now)`;
    case 'elsewhere':
      return `(another conversation: \`conversation ${elsewhere?.slice(0, idDigits)}\` goes on with it)`;
  }
}

/** `(conversation 1f2e3d4c: b, c take part)` */
export function shownCurrent({ id, participants }: Current, own: string): string {
  return `(conversation ${id.slice(0, idDigits)}: ${othersTakePart(participants, own)})`;
}

export function shownLeft(id: string): string {
  return `(left conversation ${id.slice(0, idDigits)})`;
}

export function shownPlace(place: Place, own: string): string {
  if (place.type === 'current') return shownParticipants(place.participants, own);
  return place.guests.length === 0
    ? '(no conversation: invite NAME begins one)'
    : `(no conversation: say TEXT begins one with ${place.guests.join(', ')})`;
}

/** @param own A node that knows the id of a conversation need not take part in it. */
export function shownParticipants(participants: readonly string[], own: string): string {
  return `(${othersTakePart(participants, own)})`;
}

function othersTakePart(participants: readonly string[], own: string): string {
  const others = participants.filter((name) => name !== own);
  const shown = others.length === 0 ? 'nobody else takes part' : takePart(others);
  return participants.includes(own) ? shown : `${shown}; ${own} does once it says something`;
}

function takePart(names: readonly string[]): string {
  return `${printable(names.join(', '))} take${names.length === 1 ? 's' : ''} part`;
}

/** @param recipients Undefined: they could not be asked for. */
export function shownStored(recipients: readonly string[] | undefined): string {
  return recipients === undefined ? '(stored)' : `(stored for ${printable(recipients.join(', '))})`;
}

export function shownConversations(
  all: readonly ConversationView[],
  isCurrent: (id: string) => boolean,
): string {
  if (all.length === 0) return '(no conversations)';
  const digits = digitsShown(all);
  const rows = all.map(({ id, startedAt, startedBy, participants }) => [
    `${id.slice(0, digits)}${isCurrent(id) ? '*' : ''}`,
    localTime(startedAt),
    startedBy,
    participants.join(', '),
  ]);
  return fittedTable(['ID', 'BEGUN', 'BY', 'PARTICIPANTS'], rows, ['BY', 'PARTICIPANTS']);
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

/** The receipt of an order. */
export function shownOrdered(id: string, service: string): string {
  return `(order ${id.slice(0, idDigits)}: ${printable(service)})`;
}

/** `order 4f1c20ab is done: 2 cups`, `order 4f1c20ab is failed: no water`. */
export function shownEnded({ id, outcome }: Ended): string {
  const said = outcome.ok ? `is done: ${textOf(outcome.result)}` : outcome.why;
  return printable(`order ${id.slice(0, idDigits)} ${said.replaceAll('\n', ' ')}`);
}

export function shownOrders(orders: readonly ListedTaskView[]): string {
  if (orders.length === 0) return '(no orders)';
  const digits = digitsShown(orders);
  const rows = orders.map(({ id, orderedAt, state, progress, service, worker }) => [
    ...[id.slice(0, digits), localTime(orderedAt.getTime())],
    progress === undefined ? state : `${state} ${Math.floor(progress * 100)}%`,
    ...[service, orDash(worker)],
  ]);
  return fittedTable(['ID', 'ORDERED', 'STATE', 'SERVICE', 'WORKER'], rows, ['SERVICE', 'WORKER']);
}

/** How it is, why it waits, and what came of it. */
export function shownOrder(view: TaskView, result: unknown): string {
  const { id, service, state, worker, progress, note = '', reason, why } = view;
  const at = worker === '' ? '' : ` at ${worker}`;
  const share = progress === undefined ? '' : `, ${Math.floor(progress * 100)}%`;
  const said = [state === 'done' ? textOf(result) : '', reason, note]
    .filter((text) => text !== '')
    .join('; ');
  const head = `order ${id.slice(0, idDigits)} of ${service} is ${state}${at}${share}${said === '' ? '' : `: ${said}`}`;
  return [head.replaceAll('\n', ' '), ...why.map((text) => `  ${text}`)].map(printable).join('\n');
}

export function shownHelp(): string {
  const rows = Object.values(chatCommands);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, what]) => `${usage.padEnd(width)}  ${what}`).join('\n');
}

function textOf(body: unknown): string {
  if (body === undefined) return 'nothing';
  if (body instanceof Uint8Array) return `(${body.length} bytes)`;
  return typeof body === 'string' ? body : JSON.stringify(bodyToJson(body));
}
