/** The swarm of a node in this process: questions to the broker, page by page. */
import { checkName, idOf } from '../../../kernel/identity.ts';
import type { Facade } from '../../../kit/feature.ts';
import { allPages } from '../../../kit/list-pages.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { DeniedNode, ForgottenNode, SwarmApi, SwarmNode } from '../api.ts';
import { swarmLimits } from '../core/limits.ts';
import type { Swarm } from '../core/swarm.ts';
import type { SwarmFeatureShape } from '../shape.ts';
import { forgottenAnswer, nodesAnswer, readAnswer } from './answers.ts';
import { checkDeny } from './check-deny.ts';
import { Watches } from './watches.ts';

export function swarmFacade(node: NodePorts<SwarmFeatureShape, Swarm>): Facade<SwarmFeatureShape> {
  const watches = new Watches(node);
  const swarm: SwarmApi = {
    nodes: () => allNodes(node),
    forget: (name) => forget(node, name),
    async deny(name, options = {}) {
      return deniedNode(await node.ask('deny', checkDeny(name, options)));
    },
    async allow(nameOrIdentity) {
      checkName(nameOrIdentity, 'allow');
      return (await node.ask('allow', nameOrIdentity)).map(deniedNode);
    },
    denied: async () => (await node.ask('denied', undefined)).map(deniedNode),
    async adopt() {
      node.checkOpen();
      return node.ask('adopt', undefined);
    },
  };
  return {
    api: { swarm },
    shared: {
      nodesAfter: (name) => nodesAfter(node, name),
      ask: (verb, input) => node.ask('ask', { verb, input }),
      watch: (topics, changed) => watches.add(topics, changed),
    },
    event(event) {
      if (event.type === 'refused') return node.warn(event.why.code, event.why.message);
      if (event.type === 'changed') return watches.changed(event.handle);
      const { keeper, problem } = event;
      node.emit('swarm:keeper', {
        ...(keeper === undefined ? {} : { keeper }),
        ...(problem === undefined ? {} : { problem }),
      });
    },
    resumed: () => watches.resume(),
  };
}

function deniedNode({ name, identity, since, by }: DeniedNode): DeniedNode {
  return { name, identity, since, by };
}

async function forget(node: NodePorts<SwarmFeatureShape, Swarm>, name: string): Promise<ForgottenNode> {
  checkName(name, 'forget');
  return readAnswer('forget', await node.ask('ask', { verb: 'forget', input: { name } }), forgottenAnswer);
}

function allNodes(node: NodePorts<SwarmFeatureShape, Swarm>): Promise<SwarmNode[]> {
  return allPages({ what: 'nodes', begin: '', placeOf: ({ name }: SwarmNode) => name }, async (after) => {
    const items = await nodesAfter(node, after);
    return { items, isMore: items.length >= swarmLimits.swarmNodesPerPage };
  });
}

async function nodesAfter(node: NodePorts<SwarmFeatureShape, Swarm>, after: string): Promise<SwarmNode[]> {
  const page = readAnswer('nodes', await node.ask('ask', { verb: 'nodes', input: { after } }), nodesAnswer);
  return page.map((each) => ({ ...each, isReachable: isReachable(node, each.name) }));
}

function isReachable({ name: own, mesh }: NodePorts<SwarmFeatureShape, Swarm>, name: string): boolean {
  return name === own || mesh.records.get(idOf(name))?.reachable === true;
}
