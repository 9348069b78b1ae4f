/**
 * What other processes may ask of conversations: operations of letters, since what is said in them is letters.
 *
 * `handleLetters` gives what is said (`types`, `conversations`).
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, listOf, nodeName, timeoutMs } from '../../kit/fields.ts';
import { openStream } from '../../kit/open-stream.ts';
import { operationsOf } from '../../kit/operation.ts';
import { names, nothing } from '../../kit/view-schemas.ts';
import type { LettersNodeApi } from './api.ts';
import { letterLimits } from './core/limits.ts';
import { optionsOf, own, sentFields } from './remote-fields.ts';

const id = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{32}$/, 'expected the id of a conversation, 32 hexadecimal digits'),
);
const guests = {
  names: listOf(nodeName, 'node names', letterLimits.letterRecipientsShown),
  allowUnknown: v.exactOptional(flag),
};
const participants = v.strictObject({ participants: names });
const example = { id: '00000000000000000000000000000000' };
const { type: _type, allowUnknown: _allowUnknown, ...said } = own;

const { call, stream } = operationsOf<LettersNodeApi>();

export const conversationOperations = {
  converse: call({
    summary: 'Begin a conversation of this node and others.',
    input: v.strictObject(guests),
    output: v.strictObject({ id: v.string() }),
    example: { names: ['b'] },
    run: async ({ letters }, { names: others, ...options }) => ({
      id: (await letters.converse(others, options)).id,
    }),
  }),
  say: call({
    summary: 'Store a letter for all others that take part in a conversation.',
    input: v.strictObject({
      id,
      body: v.exactOptional(v.unknown()),
      timeoutMs: v.exactOptional(timeoutMs),
      ...said,
    }),
    output: v.strictObject(sentFields),
    example: { ...example, body: 'hello' },
    async run({ letters }, input, { signal, bodies }) {
      const { id: conversation, body, ...rest } = input;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      return letters.conversation(conversation).say(bodies.fromWire(body), { ...optionsOf(rest), signal });
    },
  }),
  invite: call({
    summary: 'Let others take part in a conversation.',
    input: v.strictObject({ id, ...guests }),
    output: participants,
    example: { ...example, names: ['b'] },
    run: async ({ letters }, { id: conversation, names: others, ...options }) => ({
      participants: [...(await letters.conversation(conversation).invite(others, options))],
    }),
  }),
  leaveConversation: call({
    summary: 'Take part in a conversation no more.',
    input: v.strictObject({ id }),
    output: nothing,
    example,
    async run({ letters }, input) {
      await letters.conversation(input.id).leave();
      return {};
    },
  }),
  participants: call({
    summary: 'Who takes part in a conversation; nobody once all have left.',
    input: v.strictObject({ id }),
    output: participants,
    example,
    run: async ({ letters }, input) => ({
      participants: [...(await letters.conversation(input.id).participants())],
    }),
  }),
  watchConversation: stream({
    summary: 'Who takes part in a conversation, now and at each change.',
    input: v.strictObject({ id }),
    output: participants,
    example,
    run: async ({ letters }, input, { signal }) =>
      openStream(letters.conversation(input.id).watch({ signal }), (each) => ({ participants: [...each] })),
  }),
  conversations: call({
    summary: 'The conversations that this node takes part in.',
    input: v.strictObject({}),
    output: v.strictObject({
      conversations: v.array(
        v.strictObject({
          id: v.string(),
          startedBy: v.string(),
          startedAt: v.number(),
          participants: names,
        }),
      ),
    }),
    example: {},
    run: async ({ letters }) => ({ conversations: await letters.conversations() }),
  }),
};
