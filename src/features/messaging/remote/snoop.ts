/** `snoop`: the messages on their way through this node that are not for it. */
import * as v from 'valibot';
import { bodyToJson } from '../../../kit/body.ts';
import { openStream } from '../../../kit/open-stream.ts';
import { streamOperation } from '../../../kit/operation.ts';
import type { SnoopedMessage } from '../../../node/node.ts';

export type SnoopedJson = Omit<SnoopedMessage, 'toString'>;

export const snoop = streamOperation({
  name: 'snoop',
  summary: 'Messages on their way through this node.',
  input: v.strictObject({}),
  run: (node, _input, signal) => openStream(node.snoop({ signal }), snoopedToJson),
});

function snoopedToJson(message: SnoopedMessage): SnoopedJson {
  const { source, id, kind, recipients, from, body, bodyBytes } = message;
  return { source, id, kind, recipients, from, body: bodyToJson(body), bodyBytes };
}
