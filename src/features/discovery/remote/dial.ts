/** `dial`: opens one link by hand. */
import * as v from 'valibot';
import { anyAddress, timeoutMs } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';

export const dial = operation({
  name: 'dial',
  summary: 'Open a link to HOST:PORT, whatever its namespace.',
  input: v.strictObject({ address: anyAddress, timeoutMs: v.exactOptional(timeoutMs) }),
  run: (node, { address: to, ...options }, signal) => node.dial(to, { ...options, signal }),
});
