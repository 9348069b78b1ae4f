// skein's roles with tasks: a broker with its store, a worker and an author, each a process of its own. The worker and the
// author are linked to the broker and not to each other, so that what one says to the other takes two hops.
import { nowUs } from '../../roles/arrivals.mjs';
import { runInFlight, startInTurn } from '../../roles/durable.mjs';
import { percentiles } from '../../roles/percentiles.mjs';
import { askBroker, beBroker, openMember, processorTime, removeStore } from './swarm-nodes.mjs';

export const serviceName = 'bench';
const workerService = 'bench.worker';
/** It has room for all that are in flight. */
const concurrency = 100;

/** A worker with this handler; `answers` is what its node says of it. */
async function beWorker(work, tell, handler, answer) {
  const node = await openMember(work, 'worker');
  node.respond(workerService, answer);
  await node.tasks.work(serviceName, handler, { concurrency }).opened;
  tell('ready');
}

/** An author, once the worker is known to the broker. */
async function openAuthor(work, workers = 1) {
  const author = await openMember(work, 'author');
  await author.ready({ services: [workerService] });
  await untilWorkers(author, workers);
  return author;
}

/** Until this number of workers would take a task. */
export async function untilWorkers(node, count) {
  for (;;) {
    const workers = await node.tasks.workers(serviceName);
    if (workers.filter(({ whyNot }) => whyNot === '').length >= count) return;
  }
}

export const tasks = {
  receiver: beBroker,
  worker: (work, tell) => {
    const processorUs = processorTime();
    return beWorker(
      work,
      tell,
      ({ input }) => input,
      () => processorUs(),
    );
  },
  sender: async (work, tell) => {
    const node = await openAuthor(work);
    const processorUs = processorTime();
    await askBroker(node);
    await node.request(workerService, null);
    const done = async (type, report) => {
      const author = processorUs() / work.count;
      const { longest, processorUs: broker } = await askBroker(node);
      const worker = (await node.request(workerService, null)) / work.count;
      removeStore(work);
      const figures = { turns: longest, broker: broker / work.count, worker, author };
      tell(type, { ...report, figures: { ...report.figures, ...figures } });
    };
    await runInFlight(work, done, async (body) => (await node.tasks.order(serviceName, body)).result());
  },
};

export const tasksInTurn = {
  receiver: beBroker,
  worker: (work, tell) => beWorker(work, tell, nowUs, () => null),
  sender: async (work, tell) => {
    const node = await openAuthor(work);
    const done = (type, report) => {
      removeStore(work);
      tell(type, report);
    };
    await startInTurn(work, done, async (body) => (await node.tasks.order(serviceName, body)).result());
  },
};

export const tasksCancel = {
  receiver: beBroker,
  worker: (work, tell) => {
    const firedAt = new Map();
    const begun = new Set();
    const handler = ({ id, signal }) => {
      begun.add(id);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          firedAt.set(id, nowUs());
          reject(signal.reason);
        });
      });
    };
    return beWorker(work, tell, handler, ({ input: id }) => ({
      hasBegun: begun.has(id),
      firedAt: firedAt.get(id) ?? 0,
    }));
  },
  sender: async (work, tell) => {
    const node = await openAuthor(work);
    const ask = (id) => node.request(workerService, id);
    const times = [];
    for (let number = 0; number < work.count; number++) {
      const task = await node.tasks.order(serviceName, number);
      while (!(await ask(task.id)).hasBegun);
      const ended = task.result().catch(({ code }) => code);
      const cancelledAt = nowUs();
      const outcome = await task.cancel();
      if (outcome !== 'stopping' || (await ended) !== 'SKEIN_ABORTED') continue;
      times.push(((await ask(task.id)).firedAt - cancelledAt) / 1000);
    }
    removeStore(work);
    const { p50, p99 } = percentiles(times);
    const isFired = (time) => time > 0;
    tell('done', { figures: { p50, p99 }, verified: times.filter(isFired).length });
  },
};
