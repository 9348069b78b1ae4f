/** `topology`: who is linked to whom, both ends agreeing. */
import * as v from 'valibot';
import { operation } from '../../../kit/operation.ts';

export const topology = operation({
  name: 'topology',
  summary: 'The effective network as an adjacency list by name.',
  input: v.strictObject({}),
  run: (node) => node.topology(),
});
