// A worker that is to be killed or cut off, and the broker and author of a network with a cut, each in a process below that
// of its role: bench/child.mjs runs them. Its first attempt never ends; a later one says when it began.
import { nowUs } from '../../roles/arrivals.mjs';
import { beBroker, openMember } from './swarm-nodes.mjs';
import { serviceName, untilWorkers } from './tasks.mjs';

export const roles = {
  elsewhere: {
    broker: beBroker,
    worker: async (work, tell) => {
      const node = await openMember(work, work.name, work.more);
      const service = await idempotent();
      const handler = ({ attempt }) => (attempt === 1 ? new Promise(() => undefined) : nowUs());
      await node.tasks.work(service, handler).opened;
      tell('ready', { address: '' });
    },
    /** Orders one task for each `order` that it hears. */
    author: async (work, tell) => {
      const node = await openMember(work, 'author', work.more);
      process.on('message', async ({ workers }) => {
        await untilWorkers(node, workers);
        await runOne(
          node,
          (name) => tell('running', { name }),
          (startedAt) => tell('result', { startedAt }),
        );
      });
      tell('ready', { address: '' });
    },
  },
};

/** Orders a task, says who has begun it, and then when it began elsewhere. */
export async function runOne(node, begun, elsewhere) {
  const task = await node.tasks.order(await idempotent(), null);
  const result = task.result();
  for await (const { state, worker } of task.events()) {
    if (state !== 'running') continue;
    begun(worker);
    break;
  }
  elsewhere(await result);
}

async function idempotent() {
  const { service } = await import(new URL('../../../dist/index.js', import.meta.url));
  return service(serviceName, { idempotent: true });
}
