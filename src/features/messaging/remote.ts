/** What other processes may ask of messaging: to send, and to get what comes. */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { bodyFromJson, bodyToJson } from '../../kit/body.ts';
import { flag, kindName, listOf, nodeName, oneOf, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { openStream } from '../../kit/open-stream.ts';
import { operationsOf } from '../../kit/operation.ts';
import type { Message, MessagingApi, SnoopedMessage } from './api.ts';

/** A message as JSON: its body by `kit/body.ts`. */
export type MessageJson = Omit<Message, 'toString' | 'route'> & { readonly route?: readonly string[] };

export type SnoopedJson = Omit<SnoopedMessage, 'toString'>;

/** Stands for every node of the mesh but the sender; no node can have this name. */
const everybody = '@all';
/** More than this many waiting messages is a consumer that does not consume. */
const bufferMessagesMax = 1_000_000;

const recipient = v.union([v.literal(everybody), nodeName], (issue) => {
  const inner = (issue.issues ?? []).find((each) => each.type === 'raw_check');
  return inner?.message ?? `expected node names or ${everybody}`;
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
    run(api, input, signal) {
      const { to, body: json, ...options } = input;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      const body = bodyFromJson(json);
      return to[0] === everybody
        ? api.broadcast(body, { ...options, signal })
        : api.send(to, body, { ...options, signal });
    },
  }),
  recipients: call({
    summary: 'The nodes that a broadcast would reach now.',
    input: v.strictObject({}),
    run: async (api) => ({ recipients: await api.recipients() }),
  }),
  listen: stream({
    summary: 'Messages for this node, of one kind or of all.',
    input: v.strictObject({
      kind: v.exactOptional(kindName),
      bufferMessages: v.exactOptional(wholeNumber(1, bufferMessagesMax)),
    }),
    run: (api, input, signal) => openStream(api.messages({ ...input, signal }), messageToJson),
  }),
  snoop: stream({
    summary: 'Messages on their way through this node.',
    input: v.strictObject({}),
    run: (api, _input, signal) => openStream(api.snoop({ signal }), snoopedToJson),
  }),
};

function messageToJson(message: Message): MessageJson {
  const { source, sourceId, instance, id, command, kind, recipients, route, body } = message;
  const fields = { source, sourceId, instance, id, command, kind, recipients };
  return { ...fields, ...(route === undefined ? {} : { route }), body: bodyToJson(body) };
}

function snoopedToJson(message: SnoopedMessage): SnoopedJson {
  const { source, id, kind, recipients, from, body, bodyBytes } = message;
  return { source, id, kind, recipients, from, body: bodyToJson(body), bodyBytes };
}
