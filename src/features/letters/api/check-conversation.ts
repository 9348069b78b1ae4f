/**
 * Checks of what a program gives to the calls of conversations. Who calls it: a node in this process, and an attached one.
 * Each throws a TypeError that names the option, the value and what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import { checkOneOf, checkOptions, listOfNames, shown } from '../../../kit/arguments.ts';
import { isConversationId } from '../../conversations/core/shared.ts';
import type { Guests } from '../../conversations/shape.ts';
import type { InviteOptions, SayOptions } from '../api.ts';
import { letterLimits } from '../core/limits.ts';
import { checkLetterOptions } from './check-options.ts';

export function checkConversationId(id: string): void {
  if (isConversationId(id)) return;
  throw new TypeError(`a conversation's id is 32 hexadecimal digits, got ${shown(id)}`);
}

/** Who is invited, each once. */
export function checkGuests(call: string, names: string | readonly string[], options: InviteOptions): Guests {
  const list = listOfNames(call, names);
  if (list.length === 0) throw new TypeError(`${call}: name at least one node`);
  for (const name of list) checkName(name, `${call}: node`);
  if (list.length > letterLimits.letterRecipientsShown)
    throw new TypeError(`${call}: ${list.length} nodes; at most ${letterLimits.letterRecipientsShown}`);
  checkOptions(call, options, ['allowUnknown']);
  checkOneOf('allowUnknown', options.allowUnknown, [true, false] as never);
  return { names: [...new Set(list)], allowUnknown: options.allowUnknown === true };
}

export function checkSayOptions(options: SayOptions): void {
  const { type, allowUnknown } = options as { type?: unknown; allowUnknown?: unknown };
  if (type !== undefined || allowUnknown !== undefined)
    throw new TypeError(
      'say: type and allowUnknown are no options: what is said goes to those who take part',
    );
  checkLetterOptions(options);
}
