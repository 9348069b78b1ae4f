/** What other processes may ask of discovery. */
import * as v from 'valibot';
import { anyAddress, nodeName, timeoutMs } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { linkInfoSchema, nothing } from '../../kit/view-schemas.ts';
import type { DiscoveryApi } from './api.ts';

const { call } = operationsOf<DiscoveryApi>();

export const operations = {
  dial: call({
    summary: 'Open a link to HOST:PORT, whatever its namespace.',
    input: v.strictObject({ address: anyAddress, timeoutMs: v.exactOptional(timeoutMs) }),
    output: linkInfoSchema,
    example: { address: '127.0.0.1:7100' },
    run: (api, { address, ...options }, { signal }) => api.dial(address, { ...options, signal }),
  }),
  hangup: call({
    summary: 'Close the link to a neighbor; it is not dialed again automatically for a while.',
    input: v.strictObject({ node: nodeName }),
    output: nothing,
    example: { node: 'b' },
    async run(api, { node }) {
      await api.hangup(node);
      return {};
    },
  }),
};
