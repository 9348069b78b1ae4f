/** `send`: one message to named nodes or, with `@all` alone, to everybody; one receipt per recipient. */
import * as v from 'valibot';
import { SkeinError } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { bodyFromJson } from '../../../kit/body.ts';
import { flag, kindName, listOf, nodeName, oneOf, timeoutMs } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';

/** Stands for every node of the mesh but the sender; no node can have this name. */
const everybody = '@all';

const recipient = v.union([v.literal(everybody), nodeName], (issue) => {
  const inner = (issue.issues ?? []).find((each) => each.type === 'raw_check');
  return inner?.message ?? `expected node names or ${everybody}`;
});

export const send = operation({
  name: 'send',
  summary: 'Send a message to named nodes or to @all; resolves with who got it.',
  input: v.strictObject({
    to: v.pipe(
      listOf(recipient, `node names, or ${everybody} alone`, limits.recordsMax),
      v.minLength(1, `expected at least one node name, or ${everybody}`),
      v.check(
        (names) => names.length === 1 || !names.includes(everybody),
        `${everybody} stands alone: everybody is in it already`,
      ),
    ),
    body: v.exactOptional(v.unknown()),
    kind: v.exactOptional(kindName),
    require: v.exactOptional(oneOf(['all', 'any', 'none'])),
    receipt: v.exactOptional(oneOf(['all', 'count', 'none'])),
    trace: v.exactOptional(flag),
    timeoutMs: v.exactOptional(timeoutMs),
  }),
  run(node, input, signal) {
    const { to, body: json, ...options } = input;
    if (!('body' in input))
      throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
    const body = bodyFromJson(json);
    return to[0] === everybody
      ? node.broadcast(body, { ...options, signal })
      : node.send(to, body, { ...options, signal });
  },
});
