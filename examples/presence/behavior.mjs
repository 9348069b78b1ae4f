// The protocol. A node's current line is its section of its announcement, which every node gets, also one that joins
// later. Changes go from neighbor to neighbor; both ends of a new link ask each other for their history.
import { decodeChanges, encodeChanges, merged } from './changes.mjs';

/** @import { Behavior, BehaviorAgent, Neighbor, NodeId } from 'skein/kernel' */
/** @import { Change, PresenceShape } from './shape.ts' */

const [ask, tell, nothing] = [{ type: 1 }, { type: 2 }, new Uint8Array()];

/** @returns {Behavior<PresenceShape>} */
export function presenceBehavior() {
  const lines = /** @type {Map<NodeId, Change>} */ (new Map());
  let history = /** @type {readonly Change[]} */ ([]);

  /** @param {BehaviorAgent<PresenceShape>} agent @param {NodeId} id @param {Change} change */
  function changed(agent, id, change) {
    lines.set(id, change);
    agent.deliver(change);
    learn(agent, [change]);
  }

  /** Passes on what is new. @param {BehaviorAgent<PresenceShape>} agent @param {readonly Change[]} changes @param {Neighbor} [from] */
  function learn(agent, changes, from) {
    const before = history;
    history = merged(before, changes);
    const fresh = history.filter((change) => !before.includes(change));
    if (fresh.length === 0) return;
    for (const { link, id } of agent.neighbors.values())
      if (link !== from?.link) agent.sendVia(link, id, encodeChanges(fresh), tell);
  }

  return {
    name: 'presence',
    commands: {
      set(agent, line, reply) {
        const { id, name: node } = agent.self;
        // Two changes of one node never have the same time.
        const at = Math.max(Math.floor(agent.wallNow), (lines.get(id)?.at ?? 0) + 1);
        agent.announce(encodeChanges([{ node, line, at }]));
        changed(agent, id, { node, line, at });
        reply.answer({ node, line, at });
      },
      all(_agent, _input, reply) {
        const set = [...lines.values()].filter(({ line }) => line !== '');
        reply.answer(Object.fromEntries(set.map(({ node, line }) => [node, line])));
      },
      history: (_agent, _input, reply) => reply.answer(history),
    },
    mesh: {
      announced(agent, id, section) {
        const [said] = (section && decodeChanges(section)) ?? [];
        const [gone, node] = [lines.get(id), agent.directory.get(id)?.name];
        // Whose line it is does not depend on what its bytes claim.
        if (said && node !== undefined) changed(agent, id, { ...said, node });
        else if (gone && lines.delete(id)) agent.deliver({ ...gone, line: '' });
      },
    },
    links: {
      incomingUp: (agent, { link, id }) => void agent.sendVia(link, id, nothing, ask),
      outgoingUp: (agent, { link, id }) => void agent.sendVia(link, id, nothing, ask),
    },
    frames: {
      message(agent, { type, payload, source }, from) {
        if (type === tell.type) learn(agent, decodeChanges(payload) ?? [], from);
        else if (from) agent.sendVia(from.link, source, encodeChanges(history), tell);
      },
    },
  };
}
