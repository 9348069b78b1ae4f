/** What other processes may ask of the swarm. */
import * as v from 'valibot';
import { nodeName } from '../../kit/fields.ts';
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
          identity: v.string(),
          isReachable: v.boolean(),
        }),
      ),
    }),
    example: {},
    run: async ({ swarm }) => ({ nodes: await swarm.nodes() }),
  }),
  adoptStore: call({
    summary: 'Keep the swarm in the store of this machine from now on, and abandon the one before.',
    input: v.strictObject({}),
    output: v.strictObject({
      store: v.string(),
      generation: v.number(),
      since: v.number(),
      host: v.string(),
    }),
    example: {},
    run: ({ swarm }) => swarm.adopt(),
  }),
  forgetNode: call({
    summary: 'Take a name, and the identity that it is pinned to, out of the swarm.',
    input: v.strictObject({ node: nodeName }),
    output: v.strictObject({ wasSeen: v.boolean(), wasPinned: v.boolean() }),
    example: { node: 'b' },
    run: ({ swarm }, { node }) => swarm.forget(node),
  }),
};
