/** What the broker may answer to questions about letters. */
import { fields, listOf, number, oneOf, orNull, text } from '../../../kit/answers.ts';
import { recipientStates } from '../core/letters-types.ts';

const recipient = fields(
  { name: text, state: oneOf(recipientStates), attempts: number },
  { due: number, at: number, reason: text },
);
const letter = fields({
  id: text,
  n: number,
  from: text,
  type: text,
  sentAt: number,
  bytes: number,
  recipients: listOf(recipient),
});

export const statusAnswer = orNull(letter);
export const listAnswer = listOf(letter);
export const bodyAnswer = orNull(fields({ encoding: number, body: text }));
export const changeAnswer = fields({ recipients: listOf(text) });
