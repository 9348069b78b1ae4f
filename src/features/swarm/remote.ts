/** What other processes may ask of the swarm. */
import * as v from 'valibot';
import { operationsOf } from '../../kit/operation.ts';
import { names } from '../../kit/view-schemas.ts';
import type { SwarmNodeApi } from './api.ts';

const { call } = operationsOf<SwarmNodeApi>();

export const operations = {
  swarmNodes: call({
    summary: 'All nodes that the swarm has ever seen.',
    input: v.strictObject({}),
    output: v.strictObject({
      nodes: v.array(
        v.strictObject({
          name: v.string(),
          firstSeen: v.number(),
          lastSeen: v.number(),
          services: names,
          addresses: names,
          isReachable: v.boolean(),
        }),
      ),
    }),
    example: {},
    run: async ({ swarm }) => ({ nodes: await swarm.nodes() }),
  }),
};
