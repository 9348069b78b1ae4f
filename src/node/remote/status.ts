/** `status`: everything a node says of itself. */
import * as v from 'valibot';
import { operation } from '../../kit/operation.ts';

export const status = operation({
  name: 'status',
  summary: 'This node: addresses, settings, links, counters.',
  input: v.strictObject({}),
  run: (node) => node.status(),
});
