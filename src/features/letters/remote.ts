/**
 * What other processes may ask of letters: to send, to handle, and what became of them.
 *
 * `handleLetters` is a stream of letters, each with a ticket; `settleLetter` settles one (`kit/handler-streams.ts`).
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, kindName, listOf, nodeName, oneOf, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { HandlerStreams, settlementFields } from '../../kit/handler-streams.ts';
import { openStream } from '../../kit/open-stream.ts';
import { type Bodies, operationsOf } from '../../kit/operation.ts';
import { names, nothing } from '../../kit/view-schemas.ts';
import type { Letter, LettersNodeApi } from './api.ts';
import { letterIdPattern, recipientStates } from './core/letters-types.ts';
import { letterLimits } from './core/limits.ts';
import { conversationOperations } from './remote-conversations.ts';
import { optionsOf, own, sentFields } from './remote-fields.ts';

/** A letter to handle. */
export interface HandedLetter extends Omit<Letter, 'timestamp'> {
  readonly ticket: number;
  /** Unix milliseconds. */
  readonly timestamp: number;
}

const handlers = new HandlerStreams(() => new Error('the program that was handling it is gone'));

const id = v.pipe(v.string(), v.regex(letterIdPattern, 'expected the id of a letter, 32 hexadecimal digits'));
const recipients = listOf(nodeName, 'node names', letterLimits.letterRecipientsMax);

const statusSchema = v.strictObject({
  id: v.string(),
  n: v.number(),
  from: v.string(),
  type: v.string(),
  sentAt: v.number(),
  bytes: v.number(),
  recipients: v.array(
    v.strictObject({
      name: v.string(),
      state: v.picklist([...recipientStates, 'outbox']),
      attempts: v.number(),
      due: v.exactOptional(v.number()),
      at: v.exactOptional(v.number()),
      reason: v.exactOptional(v.string()),
    }),
  ),
});

const { call, stream } = operationsOf<LettersNodeApi>();

export const operations = {
  sendLetter: call({
    summary: 'Store a letter for some nodes, or with "all" for every node that the swarm has ever seen.',
    input: v.strictObject({
      to: v.exactOptional(recipients),
      all: v.exactOptional(flag),
      body: v.exactOptional(v.unknown()),
      timeoutMs: v.exactOptional(timeoutMs),
      ...own,
    }),
    output: v.strictObject(sentFields),
    example: { to: ['b'], body: 'read this when you are back', allowUnknown: true },
    async run({ letters }, input, { signal, bodies }) {
      const { to, all = false, body, ...rest } = input;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      if (all === (to !== undefined))
        throw new SkeinError('SKEIN_INVALID', 'to: name the recipients, or set "all", and only one of them');
      const options = { ...optionsOf(rest), signal };
      const value = bodies.fromWire(body);
      return to === undefined ? letters.broadcast(value, options) : letters.send(to, value, options);
    },
  }),
  sendLetters: call({
    summary: 'Store several letters with one commit.',
    input: v.strictObject({
      letters: listOf(
        v.strictObject({ to: recipients, body: v.unknown(), ...own }),
        'letters',
        letterLimits.lettersPerPutMax,
      ),
      timeoutMs: v.exactOptional(timeoutMs),
    }),
    output: v.strictObject({
      results: v.array(
        v.variant('ok', [
          v.strictObject({ ok: v.literal(true), ...sentFields }),
          v.strictObject({ ok: v.literal(false), code: v.string(), message: v.string() }),
        ]),
      ),
    }),
    example: { letters: [{ to: ['b'], body: 'one', allowUnknown: true }] },
    async run({ letters }, { letters: given, timeoutMs: waitMs }, { signal, bodies }) {
      const many = given.map(({ to, body, ...rest }) => ({
        to,
        body: bodies.fromWire(body),
        ...optionsOf(rest),
      }));
      const options = { signal, ...(waitMs === undefined ? {} : { timeoutMs: waitMs }) };
      return { results: await letters.sendMany(many, options) };
    },
  }),
  handleLetters: stream({
    summary: 'Get the letters to this node, each to be settled by `settleLetter`.',
    input: v.strictObject({
      types: v.exactOptional(listOf(kindName, 'types of letters', letterLimits.letterTypesMax)),
      conversations: v.exactOptional(flag),
      concurrency: v.exactOptional(wholeNumber(1, letterLimits.letterConcurrencyMax)),
      attempts: v.exactOptional(wholeNumber(1, letterLimits.letterAttemptsMax)),
      ordered: v.exactOptional(flag),
      dedup: v.exactOptional(flag),
      handlerTimeoutMs: v.exactOptional(wholeNumber(1, 24 * 3_600_000, 'milliseconds')),
      /** After this number no other letter is taken from the mailbox. */
      count: v.exactOptional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    }),
    output: v.strictObject({
      ticket: v.number(),
      id: v.string(),
      type: v.string(),
      conversation: v.exactOptional(v.string()),
      from: v.string(),
      to: names,
      body: v.unknown(),
      timestamp: v.number(),
      attempt: v.number(),
      delivered: v.boolean(),
      trace: names,
    }),
    example: {},
    run({ letters }, input, asking): Promise<AsyncIterable<HandedLetter>> {
      const { count = Number.POSITIVE_INFINITY, ...options } = input;
      let left = count;
      return handlers.open(asking, ({ hand }) => {
        const subscription = letters.handle((letter) => {
          const settled = hand((ticket) => handedLetter(ticket, letter, asking.bodies));
          // What was handed is settled all the same.
          if (--left === 0) void subscription.close();
          return settled;
        }, options);
        return subscription;
      });
    },
  }),
  settleLetter: call({
    summary: 'Settle a letter that `handleLetters` gave: handled, or with why it was not.',
    input: v.strictObject(settlementFields),
    output: nothing,
    example: { ticket: 1 },
    run: async (_api, input, asking) => handlers.settle(asking, input),
  }),
  ...conversationOperations,
  letterStatus: call({
    summary: 'What is known of a letter and its recipients; null when no such letter is known.',
    input: v.strictObject({ id }),
    output: v.strictObject({ letter: v.nullable(statusSchema) }),
    example: { id: '00000000000000000000000000000000' },
    run: async ({ letters }, input) => ({ letter: (await letters.status(input.id)) ?? null }),
  }),
  watchLetter: stream({
    summary: 'How a letter stands, now and at each change, until it has ended for all its recipients.',
    input: v.strictObject({ id }),
    output: statusSchema,
    example: { id: '00000000000000000000000000000000' },
    run: async ({ letters }, input, { signal }) =>
      openStream(letters.watch(input.id, { signal }), (letter) => letter),
  }),
  letters: call({
    summary: 'Letters in the store, the oldest first, at most 200; "after" takes the last place seen.',
    input: v.strictObject({
      from: v.exactOptional(nodeName),
      to: v.exactOptional(nodeName),
      state: v.exactOptional(oneOf(recipientStates)),
      after: v.exactOptional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    }),
    output: v.strictObject({ letters: v.array(statusSchema) }),
    example: { state: 'failed' },
    run: async ({ letters }, filter) => ({ letters: await letters.list(filter) }),
  }),
  outbox: call({
    summary: 'Letters of this node that the swarm has not taken yet; one without recipients is to all.',
    input: v.strictObject({}),
    output: v.strictObject({
      letters: v.array(
        v.strictObject({
          id: v.string(),
          to: names,
          type: v.string(),
          sentAt: v.number(),
          bytes: v.number(),
        }),
      ),
    }),
    example: {},
    run: async ({ letters }) => ({
      letters: (await letters.outbox()).map((each) => ({ ...each, to: [...each.to] })),
    }),
  }),
  letterBody: call({
    summary: 'The body of a letter that somebody has not settled; without "body": there is none.',
    input: v.strictObject({ id }),
    output: v.strictObject({ body: v.optional(v.unknown()) }),
    example: { id: '00000000000000000000000000000000' },
    async run({ letters }, input, { bodies }) {
      const found = await letters.body(input.id);
      return found === undefined ? {} : { body: bodies.toWire(found.body) };
    },
  }),
  retryLetter: call({
    summary: 'Deliver a letter that has failed once more.',
    input: v.strictObject({ id }),
    output: v.strictObject({ recipients: names }),
    example: { id: '00000000000000000000000000000000' },
    run: async ({ letters }, input) => ({ recipients: [...(await letters.retry(input.id))] }),
  }),
  removeLetter: call({
    summary: 'Take a letter away from all who have not settled it.',
    input: v.strictObject({ id }),
    output: v.strictObject({ recipients: names }),
    example: { id: '00000000000000000000000000000000' },
    run: async ({ letters }, input) => ({ recipients: [...(await letters.remove(input.id))] }),
  }),
};

function handedLetter(ticket: number, letter: Letter, bodies: Bodies): HandedLetter {
  return { ticket, ...letter, body: bodies.toWire(letter.body), timestamp: letter.timestamp.getTime() };
}
