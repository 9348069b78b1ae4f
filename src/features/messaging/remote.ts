/** What other processes may ask of messaging: to send, and to get what comes. */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { flag, kindName, listOf, nodeName, oneOf, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { openStream } from '../../kit/open-stream.ts';
import { type Bodies, operationsOf } from '../../kit/operation.ts';
import { names } from '../../kit/view-schemas.ts';
import { ReceivedMessage } from './api/message.ts';
import type { Message, MessagingApi, SnoopedMessage } from './api.ts';

/** A message without its methods. */
export type MessageFields = Omit<Message, 'toString'>;

/** Where it was asked for: number and body, and all else is as in the item before. */
export type ShortItem = readonly [id: number, body: unknown];

export type SnoopedFields = Omit<SnoopedMessage, 'toString'>;

/** Stands for every node of the mesh but the sender; no node can have this name. */
const everybody = '@all';
/** More than this many waiting messages is a consumer that does not consume. */
const bufferMessagesMax = 1_000_000;

const recipient = v.union([v.literal(everybody), nodeName], (issue) => {
  const inner = (issue.issues ?? []).find((each) => each.type === 'raw_check');
  return inner?.message ?? `expected node names or ${everybody}`;
});

const whole = v.pipe(v.number(), v.integer());

const sendResultSchema = v.strictObject({
  id: whole,
  delivered: names,
  missing: v.array(v.strictObject({ node: v.string(), reason: v.string() })),
  deliveredCount: whole,
  missingCount: whole,
});

const messageSchema = v.strictObject({
  from: v.string(),
  fromId: whole,
  instance: v.string(),
  id: whole,
  command: v.literal('message'),
  kind: v.string(),
  recipients: names,
  route: v.optional(names),
  body: v.unknown(),
});

const snoopedSchema = v.strictObject({
  from: v.string(),
  id: whole,
  kind: v.string(),
  recipients: names,
  via: v.string(),
  body: v.unknown(),
  bodyBytes: whole,
});

const { call, stream } = operationsOf<MessagingApi>();

export const operations = {
  send: call({
    summary: 'Send a message to named nodes or to @all; resolves with a receipt from each.',
    input: v.strictObject({
      to: v.pipe(
        listOf(recipient, `node names, or ${everybody} alone`, limits.recordsMax),
        v.minLength(1, `expected at least one node name, or ${everybody}`),
        v.check(
          (names) => names.length === 1 || !names.includes(everybody),
          `${everybody} stands alone: it stands for all other nodes`,
        ),
      ),
      body: v.exactOptional(v.unknown()),
      kind: v.exactOptional(kindName),
      require: v.exactOptional(oneOf(['all', 'any', 'none'])),
      receipt: v.exactOptional(oneOf(['all', 'count', 'none'])),
      trace: v.exactOptional(flag),
      timeoutMs: v.exactOptional(timeoutMs),
    }),
    output: sendResultSchema,
    example: { to: ['b'], body: { celsius: 21.5 }, kind: 'temperature' },
    run(api, input, asking) {
      const { to, body: written, ...given } = input;
      // A message without a signal goes a shorter way.
      const options = asking.canBeGivenUp ? { ...given, signal: asking.signal } : given;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      const body = asking.bodies.fromWire(written);
      const [first = ''] = to;
      if (first === everybody) return api.broadcast(body, options);
      return api.send(to.length === 1 ? first : to, body, options);
    },
  }),
  post: call({
    summary: 'Send a message to one node without a receipt; false when it could not leave.',
    input: v.strictObject({
      to: nodeName,
      body: v.exactOptional(v.unknown()),
      kind: v.exactOptional(kindName),
    }),
    output: v.strictObject({ accepted: v.boolean() }),
    example: { to: 'b', body: 'good morning' },
    async run(api, { to, body, ...options }, { bodies }) {
      return { accepted: api.post(to, bodies.fromWire(body), options) };
    },
  }),
  recipients: call({
    summary: 'The nodes that a broadcast would reach now.',
    input: v.strictObject({}),
    output: v.strictObject({ recipients: names }),
    example: {},
    run: async (api) => ({ recipients: await api.recipients() }),
  }),
  listen: stream({
    summary: 'Messages for this node, of one kind or of all.',
    input: v.strictObject({
      kind: v.exactOptional(kindName),
      bufferMessages: v.exactOptional(wholeNumber(1, bufferMessagesMax)),
      /** Then an item that is like the one before is `[id, body]`. */
      short: v.exactOptional(flag),
    }),
    output: v.union([messageSchema, v.strictTuple([whole, v.unknown()])]),
    example: { kind: 'temperature' },
    run: (api, { short = false, ...input }, { signal, bodies }) =>
      openStream(
        api.messages({ ...input, signal }),
        short ? shortened(bodies) : (message) => fieldsOf(message, bodies),
      ),
  }),
  snoop: stream({
    summary: 'Messages on their way through this node.',
    input: v.strictObject({}),
    output: snoopedSchema,
    example: {},
    run: (api, _input, { signal, bodies }) =>
      openStream(api.snoop({ signal }), (message) => snoopedFieldsOf(message, bodies)),
  }),
};

/** What names are looked up for, and written, is said once for messages that follow each other. */
function shortened(bodies: Bodies): (message: Message) => MessageFields {
  let before: ReceivedMessage | undefined;
  return (message) => {
    if (!(message instanceof ReceivedMessage)) return fieldsOf(message, bodies);
    const isLike = before !== undefined && message.isLike(before);
    before = message;
    if (!isLike) return fieldsOf(message, bodies);
    const item: ShortItem = [message.id, bodies.toWire(message.body)];
    // Only who asked for short items gets them, and reads them as such.
    return item as unknown as MessageFields;
  };
}

function fieldsOf(message: Message, bodies: Bodies): MessageFields {
  const { from, fromId, instance, id, command, kind, recipients, route, body } = message;
  const fields = { from, fromId, instance, id, command, kind, recipients, route };
  return { ...fields, body: bodies.toWire(body) };
}

function snoopedFieldsOf(message: SnoopedMessage, bodies: Bodies): SnoopedFields {
  const { from, id, kind, recipients, via, body, bodyBytes } = message;
  return { from, id, kind, recipients, via, body: bodies.toWire(body), bodyBytes };
}
