/**
 * Conversations of a node in this process: questions to the broker, for the features that need them.
 *
 * Invariant: what a broker of another version, or one that lies, answers is an error and nothing else.
 */
import { idOf } from '../../../kernel/identity.ts';
import { fields, listOf, number, orNull, text } from '../../../kit/answers.ts';
import type { Facade } from '../../../kit/feature.ts';
import { allPages } from '../../../kit/list-pages.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { readAnswer } from '../../swarm/api/answers.ts';
import type { SwarmFeatureShape } from '../../swarm/shape.ts';
import type { ConversationView } from '../core/conversation-types.ts';
import type { Conversations } from '../core/conversations.ts';
import { conversationLimits } from '../core/limits.ts';
import type { ConversationsFeatureShape, ConversationsShared, Guests } from '../shape.ts';

type Ports = NodePorts<ConversationsFeatureShape, Conversations>;

const view = fields({ id: text, startedBy: text, startedAt: number, participants: listOf(text) });
const viewOrNull = orNull(view);
const views = listOf(view);
const order = { what: 'conversations.of', begin: '', placeOf: ({ id }: ConversationView) => id };

export function conversationsFacade(node: Ports): Facade<ConversationsFeatureShape> {
  return { api: {}, shared: sharedBy(node) };
}

function sharedBy(node: Ports): ConversationsShared {
  const swarm = node.needed<SwarmFeatureShape>('swarm');
  const ask = async <Value>(verb: string, input: object, check: (value: unknown) => Value): Promise<Value> =>
    readAnswer(verb, await swarm.ask(verb, input), check);
  return {
    async begin(guests) {
      node.enter();
      const id = node.behavior.newId();
      return ask('conversations.begin', { id, ...inputOf(node, guests) }, view);
    },
    join: (id, guests) => ask('conversations.join', { id, ...inputOf(node, guests) }, view),
    async leave(id) {
      await ask('conversations.leave', { id }, viewOrNull);
    },
    read: (id) => ask('conversations.read', { id }, viewOrNull),
    all: () =>
      allPages(order, async (after) => {
        const items = await ask('conversations.of', { after }, views);
        return { items, isMore: items.length >= conversationLimits.conversationsPerPage };
      }),
  };
}

/** The broker may not have heard yet of a node that has just come. */
function inputOf({ name: own, mesh }: Ports, { names, allowUnknown }: Guests): Guests {
  const isKnown = (name: string): boolean => name === own || mesh.records.get(idOf(name)) !== undefined;
  return { names, allowUnknown: allowUnknown || names.every(isKnown) };
}
