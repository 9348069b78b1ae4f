/** What other processes may ask about the topology. */
import * as v from 'valibot';
import { flag, nodeName } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { names, nodeInfoSchema, nothing } from '../../kit/view-schemas.ts';
import type { TopologyApi } from './api.ts';

const { call } = operationsOf<TopologyApi>();

export const operations = {
  'node-list': call({
    summary: 'The nodes of the mesh; with all, the unreachable ones too.',
    input: v.strictObject({ all: v.exactOptional(flag) }),
    output: v.strictObject({ nodes: v.array(nodeInfoSchema) }),
    example: { all: true },
    run: async (api, { all = false }) => ({ nodes: await api.nodes({ all }) }),
  }),
  topology: call({
    summary: 'The effective network as an adjacency list by name.',
    input: v.strictObject({}),
    output: v.record(v.string(), names),
    example: {},
    run: (api) => api.topology(),
  }),
  dot: call({
    summary: 'The effective network as Graphviz.',
    input: v.strictObject({}),
    output: v.strictObject({ dot: v.string() }),
    example: {},
    run: async (api) => ({ dot: await api.dot() }),
  }),
  route: call({
    summary: 'The hops to a node, that node last.',
    input: v.strictObject({ node: nodeName }),
    output: v.strictObject({ route: names }),
    example: { node: 'b' },
    run: async (api, { node }) => ({ route: await api.route(node) }),
  }),
  announce: call({
    summary: 'Announce this node to its neighbors now.',
    input: v.strictObject({}),
    output: nothing,
    example: {},
    async run(api) {
      await api.announce();
      return {};
    },
  }),
};
