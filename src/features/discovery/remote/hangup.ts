/** `hangup`: closes one link; it is not dialed again automatically for a while. */
import * as v from 'valibot';
import { nodeName } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';

export const hangup = operation({
  name: 'hangup',
  summary: 'Close the link to a neighbor.',
  input: v.strictObject({ node: nodeName }),
  run: async (node, input) => {
    await node.hangup(input.node);
    return {};
  },
});
