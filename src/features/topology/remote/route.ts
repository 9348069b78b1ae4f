/** `route`: which way a message would go now. */
import * as v from 'valibot';
import { nodeName } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';

export const route = operation({
  name: 'route',
  summary: 'The hops to a node, that node last.',
  input: v.strictObject({ node: nodeName }),
  run: async (node, input) => ({ route: await node.route(input.node) }),
});
