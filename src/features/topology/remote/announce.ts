/** `announce`: an announcement without waiting for a change. */
import * as v from 'valibot';
import { operation } from '../../../kit/operation.ts';

export const announce = operation({
  name: 'announce',
  summary: 'Announce this node to its neighbors now.',
  input: v.strictObject({}),
  run: async (node) => {
    await node.announce();
    return {};
  },
});
