/** `dot`: the topology as a drawing. */
import * as v from 'valibot';
import { operation } from '../../../kit/operation.ts';

export const dot = operation({
  name: 'dot',
  summary: 'The effective network as Graphviz.',
  input: v.strictObject({}),
  run: async (node) => ({ dot: await node.dot() }),
});
