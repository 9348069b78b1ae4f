/** `recipients`: the names that `send` to `@all` would reach. */
import * as v from 'valibot';
import { operation } from '../../../kit/operation.ts';

export const recipients = operation({
  name: 'recipients',
  summary: 'Whom a broadcast would reach now.',
  input: v.strictObject({}),
  run: async (node) => ({ recipients: await node.recipients() }),
});
