/**
 * Checks of what a program gives to the calls of letters. Who calls it: a node in this process, and an attached one. Each
 * throws a TypeError that names the option, the value and what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import {
  checkOneOf,
  checkOptions,
  checkText,
  checkTimeout,
  checkWhole,
  listOfNames,
  shown,
} from '../../../kit/arguments.ts';
import { labelProblem } from '../../../kit/labels.ts';
import { isConversationLabel } from '../../conversations/core/shared.ts';
import type { HandleOptions, LetterFilter, LetterOptions, ManyLetter } from '../api.ts';
import { letterIdPattern, recipientStates } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

export { recipientStates };

const waitNames = ['timeoutMs', 'signal'];
const ownNames = ['type', 'idempotencyKey', 'notBefore', 'expiresMs', 'allowUnknown', 'copies'];
const letterNames = [...ownNames, ...waitNames];
const manyNames = ['to', 'body', ...ownNames];

/** The recipients, each once. */
export function checkRecipients(to: string | readonly string[]): string[] {
  const names = listOfNames('letters.send', to);
  if (names.length === 0) throw new TypeError('letters.send: name at least one recipient');
  for (const name of names) checkName(name, 'letters.send: recipient');
  const once = [...new Set(names)];
  if (once.length > letterLimits.letterRecipientsMax)
    throw new TypeError(
      `letters.send: ${once.length} recipients; at most ${letterLimits.letterRecipientsMax}`,
    );
  return once;
}

export function checkLetterOptions(options: LetterOptions): void {
  checkOptions('letters.send', options, letterNames);
  checkTimeout(options.timeoutMs);
  checkOwn(options);
}

export function checkMany(letters: readonly ManyLetter[]): void {
  if (!Array.isArray(letters))
    throw new TypeError(`letters.sendMany: give a list of letters, got ${shown(letters)}`);
  if (letters.length === 0 || letters.length > letterLimits.lettersPerPutMax)
    throw new TypeError(
      `letters.sendMany: give 1 to ${letterLimits.lettersPerPutMax} letters, got ${letters.length}`,
    );
  for (const letter of letters) {
    checkOptions('letters.sendMany', letter, manyNames);
    checkOwn(letter);
  }
}

function checkOwn({ type, idempotencyKey, notBefore, expiresMs, allowUnknown, copies }: LetterOptions): void {
  const problem = type === undefined ? undefined : labelProblem(type);
  if (problem !== undefined) throw new TypeError(`type: ${problem}`);
  if (type !== undefined && isConversationLabel(type))
    throw new TypeError(
      `type: ${shown(type)} is what is said in a conversation: use say() of the conversation`,
    );
  checkText('idempotencyKey', idempotencyKey);
  if (idempotencyKey !== undefined && byteLength(idempotencyKey) > letterLimits.letterKeyBytesMax)
    throw new TypeError(`idempotencyKey is at most ${letterLimits.letterKeyBytesMax} bytes of UTF-8`);
  if (notBefore !== undefined && !(notBefore instanceof Date && Number.isFinite(notBefore.getTime())))
    throw new TypeError(`notBefore is a Date, got ${shown(notBefore)}`);
  if (expiresMs !== undefined) checkWhole('expiresMs', expiresMs, 1, letterLimits.letterExpiresMsMax);
  checkOneOf('allowUnknown', allowUnknown, [true, false] as never);
  checkOneOf('copies', copies, [1, 2] as never);
}

export function checkHandler(handler: unknown, options: HandleOptions): void {
  if (typeof handler !== 'function')
    throw new TypeError(`letters.handle: a handler is a function, got ${shown(handler)}`);
  const names = [
    'types',
    'conversations',
    'concurrency',
    'attempts',
    'ordered',
    'dedup',
    'handlerTimeoutMs',
    'signal',
  ];
  checkOptions('letters.handle', options, names);
  const { types, conversations, concurrency, attempts, ordered, dedup, handlerTimeoutMs } = options;
  checkTypes(types);
  checkOneOf('conversations', conversations, [true, false] as never);
  if (concurrency !== undefined) checkWhole('concurrency', concurrency, 1, letterLimits.letterConcurrencyMax);
  if (attempts !== undefined) checkWhole('attempts', attempts, 1, letterLimits.letterAttemptsMax);
  checkOneOf('ordered', ordered, [true, false] as never);
  checkOneOf('dedup', dedup, [true, false] as never);
  if (handlerTimeoutMs !== undefined) checkWhole('handlerTimeoutMs', handlerTimeoutMs, 1, 24 * 3_600_000);
}

function checkTypes(types: readonly string[] | undefined): void {
  if (types === undefined) return;
  const { letterTypesMax } = letterLimits;
  if (!Array.isArray(types) || types.length === 0 || types.length > letterTypesMax)
    throw new TypeError(`types is a list of 1 to ${letterTypesMax} types of letters, got ${shown(types)}`);
  const problem = types.map(labelProblem).find((each) => each !== undefined);
  if (problem !== undefined) throw new TypeError(`types: ${problem}`);
}

export function checkFilter(filter: LetterFilter): void {
  checkOptions('letters.list', filter, ['from', 'to', 'state', 'after']);
  if (filter.from !== undefined) checkName(filter.from, 'letters.list: from');
  if (filter.to !== undefined) checkName(filter.to, 'letters.list: to');
  checkOneOf('state', filter.state, recipientStates);
  if (filter.after !== undefined) checkWhole('after', filter.after, 0, Number.MAX_SAFE_INTEGER);
}

export function checkId(id: string): void {
  if (typeof id === 'string' && letterIdPattern.test(id)) return;
  throw new TypeError(`a letter's id is 32 hexadecimal digits, got ${shown(id)}`);
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
