// skein's roles with tasks whose worker is lost: how long it takes until the task runs elsewhere. Workers are processes below
// the role's, and each is lost once.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nowUs } from '../../roles/arrivals.mjs';
import { openNetwork } from '../../roles/namespaces.mjs';
import { percentiles } from '../../roles/percentiles.mjs';
import { beBroker, openMember, removeStore } from './swarm-nodes.mjs';
import { untilWorkers } from './tasks.mjs';
import { runOne } from './worker-process.mjs';

const child = fileURLToPath(new URL('../../child.mjs', import.meta.url));
const workerProcess = new URL('./worker-process.mjs', import.meta.url).href;

/** A process of that role, and what it says next of a kind. */
async function startBelow(role, work, options = {}) {
  const process_ = fork(child, [workerProcess, 'elsewhere', role, JSON.stringify(work)], options);
  const next = (type) =>
    new Promise((resolve, reject) => {
      process_.on('message', (message) => message.type === type && resolve(message));
      process_.once('exit', (code) => reject(new Error(`the ${role} ended with code ${code}`)));
    });
  const { address } = await next('ready');
  const end = () =>
    new Promise((resolve) => {
      process_.removeAllListeners('exit').once('exit', resolve);
      process_.kill('SIGKILL');
    });
  return { process: process_, address, next, end };
}

/** In ms. */
function figuresOf(times) {
  return { p50: percentiles(times).p50, longest: Math.max(...times) };
}

/** Its process is killed as its task runs, where another worker waits. */
export const tasksKilled = {
  receiver: beBroker,
  sender: async (work, tell) => {
    const node = await openMember(work, 'author');
    const workers = new Map();
    const times = [];
    for (let time = 0; time < work.times; time++) {
      for (let number = time; workers.size < 2; number++) {
        const name = `worker-${number}`;
        if (workers.has(name)) continue;
        workers.set(name, await startBelow('worker', { ...work, name }));
      }
      await untilWorkers(node, 2);
      let killedAt = 0;
      const begun = async (name) => {
        killedAt = nowUs();
        await workers.get(name).end();
        workers.delete(name);
      };
      await runOne(node, begun, (startedAt) => times.push((startedAt - killedAt) / 1000));
    }
    for (const worker of workers.values()) await worker.end();
    removeStore(work);
    tell('done', { figures: figuresOf(times), verified: times.length });
  },
};

/** Its host is cut off: no connection is closed, and nothing comes any more. */
export const tasksCut = {
  sender: async (work, tell) => {
    const times = [];
    for (let time = 0; time < work.times; time++) times.push(await cutOnce(work));
    tell('done', { figures: figuresOf(times), verified: times.length });
  },
};

async function cutOnce(work) {
  const network = openNetwork(4);
  const processes = [];
  const start = async (role, host, more) => {
    const listen = `${network.addressOf(host)}:0`;
    const given = { ...work, ...more, more: { listen } };
    const started = await startBelow(role, given, network.inside(host));
    processes.push(started);
    return started;
  };
  try {
    const broker = await start('broker', 0, {});
    const addresses = [broker.address];
    for (const host of [1, 2]) await start('worker', host, { addresses, name: `worker-${host}` });
    const author = await start('author', 3, { addresses });
    const running = author.next('running');
    const result = author.next('result');
    author.process.send({ workers: 2 });
    const { name } = await running;
    const cutAt = nowUs();
    network.cutOff(Number(name.slice('worker-'.length)));
    const { startedAt } = await result;
    removeStore({ addresses });
    return (startedAt - cutAt) / 1000;
  } finally {
    for (const each of processes) await each.end();
    network.close();
  }
}
