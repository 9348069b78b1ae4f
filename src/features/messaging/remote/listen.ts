/** `listen`: the messages for this node, as long as somebody listens. */
import * as v from 'valibot';
import { bodyToJson } from '../../../kit/body.ts';
import { kindName, wholeNumber } from '../../../kit/fields.ts';
import { openStream } from '../../../kit/open-stream.ts';
import { streamOperation } from '../../../kit/operation.ts';
import type { Message } from '../../../node/node.ts';

/** A message as JSON: its body by `body.ts`. */
export type MessageJson = Omit<Message, 'toString' | 'route'> & { readonly route?: readonly string[] };

/** More than this many waiting messages is a consumer that does not consume. */
const bufferMessagesMax = 1_000_000;

export const listen = streamOperation({
  name: 'listen',
  summary: 'Messages for this node, of one kind or of all.',
  input: v.strictObject({
    kind: v.exactOptional(kindName),
    bufferMessages: v.exactOptional(wholeNumber(1, bufferMessagesMax)),
  }),
  run: (node, input, signal) => openStream(node.messages({ ...input, signal }), messageToJson),
});

function messageToJson(message: Message): MessageJson {
  const { source, sourceId, instance, id, command, kind, recipients, route, body } = message;
  const fields = { source, sourceId, instance, id, command, kind, recipients };
  return { ...fields, ...(route === undefined ? {} : { route }), body: bodyToJson(body) };
}
