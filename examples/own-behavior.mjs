// A behavior of your own: each node tells the mesh how busy it is, and knows who is the least busy.
// It is tried out in the simulator; `createNode({ behaviors: () => [new Load()] })` runs it for real.
import { Reader, Writer } from 'skein/kernel';
import { Mesh, World } from 'skein/sim';

/** @import { Behavior, BehaviorAgent, CommandHandlers, MeshCalls, Shape } from 'skein/kernel' */
/** @typedef {Shape & { commands: { set: (percent: number) => void, idlest: () => string | undefined } }} LoadShape */

/** @implements {Behavior<LoadShape>} */
class Load {
  name = 'load';
  /** Percent by node id. @type {Map<number, number>} */
  #loads = new Map();

  /** What the program asks of it. @type {CommandHandlers<LoadShape>} */
  commands = {
    set: (agent, percent, reply) => {
      this.#loads.set(agent.self.id, percent);
      // Travels with this node's announcement to every node, also to those that join later.
      agent.announce(new Writer().u8(percent).finish());
      reply.answer(undefined);
    },
    idlest: (agent, _input, reply) => reply.answer(this.#idlest(agent)),
  };

  /** What it learns of the mesh. @type {MeshCalls<LoadShape>} */
  mesh = {
    announced: (_agent, node, section) => {
      if (section === undefined) this.#loads.delete(node);
      else this.#loads.set(node, new Reader(section).u8());
    },
    event: (_agent, event) => {
      if (event.type === 'node-down') this.#loads.delete(event.node.id);
    },
  };

  /** @param {BehaviorAgent} agent */
  #idlest(agent) {
    const [id] = [...this.#loads].sort(([, a], [, b]) => a - b)[0] ?? [agent.self.id];
    return id === agent.self.id ? agent.self.name : agent.directory.get(id)?.name;
  }
}

const world = new World({ seed: 1 });
const mesh = new Mesh(world, { degree: 2, network: { latencyMs: 20 } });
const lives = ['a', 'b', 'c', 'd', 'e'].map((name) =>
  mesh.start(mesh.add({ name, behaviors: () => [new Load()] })),
);
await world.runUntil(() => mesh.allKnowAll, 60_000);

for (const [i, { node }] of lives.entries()) {
  await world.resolve(node.command('load', 'set', 90 - 20 * i));
}
await world.run(1000);
const [first, last] = [lives[0], lives[4]];
if (first === undefined || last === undefined) throw new Error('there are five');
console.log(`a knows the idlest: ${await world.resolve(first.node.command('load', 'idlest'))}`);

mesh.crash(last.member);
await world.run(1000);
console.log(`and once it has crashed: ${await world.resolve(first.node.command('load', 'idlest'))}`);
mesh.killAll();
