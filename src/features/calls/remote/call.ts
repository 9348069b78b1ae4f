/** `call`: asks a service, wherever it is offered, and answers with what came back. */
import * as v from 'valibot';
import { SkeinError } from '../../../kernel/errors.ts';
import { bodyFromJson, bodyToJson } from '../../../kit/body.ts';
import { flag, kindName, nodeName, oneOf, serviceName, timeoutMs } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';
import { service } from '../api/service.ts';
import { strategies } from '../core/calls-types.ts';

export const call = operation({
  name: 'call',
  summary: 'Ask a service; resolves with its output, or says why there is none.',
  input: v.strictObject({
    service: serviceName,
    body: v.exactOptional(v.unknown()),
    to: v.exactOptional(nodeName),
    strategy: v.exactOptional(oneOf(strategies)),
    key: v.exactOptional(kindName),
    idempotent: v.exactOptional(flag),
    timeoutMs: v.exactOptional(timeoutMs),
  }),
  async run(node, input, signal) {
    const { service: name, body: json, idempotent = false, ...options } = input;
    if (!('body' in input))
      throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
    const asked = service(name, { idempotent });
    return { output: bodyToJson(await node.request(asked, bodyFromJson(json), { ...options, signal })) };
  },
});
