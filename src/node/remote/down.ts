/** `down`: resolves once the node has said goodbye; its program then ends. */
import * as v from 'valibot';
import { operation } from '../../kit/operation.ts';

export const down = operation({
  name: 'down',
  summary: 'Leave the mesh and end the node.',
  input: v.strictObject({}),
  run: async (node) => {
    await node.close();
    return {};
  },
});
