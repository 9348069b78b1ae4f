/** What other processes may ask of the swarm. */
import * as v from 'valibot';
import { nodeName } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { names } from '../../kit/view-schemas.ts';
import type { SwarmNodeApi } from './api.ts';

const { call } = operationsOf<SwarmNodeApi>();

const deniedNode = v.strictObject({
  name: v.string(),
  identity: v.string(),
  since: v.number(),
  by: v.string(),
});
const identity = v.pipe(
  v.string(),
  v.regex(
    /^[0-9a-f]{32}$/,
    ({ received }) => `an identity has 32 hexadecimal digits, and ${received} does not fit`,
  ),
);

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
  denyNode: call({
    summary: 'Shut a node out of the mesh, by its name and its identity.',
    input: v.strictObject({ node: nodeName, identity: v.optional(identity) }),
    output: deniedNode,
    example: { node: 'b' },
    run: ({ swarm }, { node, identity }) => swarm.deny(node, identity === undefined ? {} : { identity }),
  }),
  allowNode: call({
    summary: 'Let a node that was denied join again, by its name or its identity.',
    input: v.strictObject({ node: nodeName }),
    output: v.strictObject({ allowed: v.array(deniedNode) }),
    example: { node: 'b' },
    run: async ({ swarm }, { node }) => ({ allowed: await swarm.allow(node) }),
  }),
  deniedNodes: call({
    summary: 'Who is denied, as this node knows it.',
    input: v.strictObject({}),
    output: v.strictObject({ denied: v.array(deniedNode) }),
    example: {},
    run: async ({ swarm }) => ({ denied: await swarm.denied() }),
  }),
  forgetNode: call({
    summary: 'Take a name, and the identity that it is pinned to, out of the swarm.',
    input: v.strictObject({ node: nodeName }),
    output: v.strictObject({ wasSeen: v.boolean(), wasPinned: v.boolean() }),
    example: { node: 'b' },
    run: ({ swarm }, { node }) => swarm.forget(node),
  }),
};
