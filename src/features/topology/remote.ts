/** What other processes may ask about the topology. */
import * as v from 'valibot';
import { flag, nodeName } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import type { TopologyApi } from './api.ts';

const { call } = operationsOf<TopologyApi>();

export const operations = {
  'node-list': call({
    summary: 'The nodes of the mesh; with all, the unreachable ones too.',
    input: v.strictObject({ all: v.exactOptional(flag) }),
    run: async (api, { all = false }) => ({ nodes: await api.nodes({ all }) }),
  }),
  topology: call({
    summary: 'The effective network as an adjacency list by name.',
    input: v.strictObject({}),
    run: (api) => api.topology(),
  }),
  dot: call({
    summary: 'The effective network as Graphviz.',
    input: v.strictObject({}),
    run: async (api) => ({ dot: await api.dot() }),
  }),
  route: call({
    summary: 'The hops to a node, that node last.',
    input: v.strictObject({ node: nodeName }),
    run: async (api, { node }) => ({ route: await api.route(node) }),
  }),
  announce: call({
    summary: 'Announce this node to its neighbors now.',
    input: v.strictObject({}),
    async run(api) {
      await api.announce();
      return {};
    },
  }),
};
