/** `node-list`: what is known of every node. */
import * as v from 'valibot';
import { flag } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';

export const nodeList = operation({
  name: 'node-list',
  summary: 'The nodes of the mesh; with all, those out of reach too.',
  input: v.strictObject({ all: v.exactOptional(flag) }),
  run: async (node, input) => ({ nodes: await node.nodes({ all: input.all ?? false }) }),
});
