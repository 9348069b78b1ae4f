// BullMQ: jobs added to a queue in a Redis of this run's own, which syncs its log before it answers. As letters the queue
// keeps them, and nobody works; as tasks a worker in a process of its own does. Redis listens on a socket in the run's
// folder, which is faster than TCP.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { nowUs } from '../roles/arrivals.mjs';
import { runInFlight, startInTurn, storeInFlight, storeInTurn } from '../roles/durable.mjs';

export const title = 'BullMQ';
export const needs = {
  packages: ['bullmq'],
  commands: [{ command: 'redis-server', from: "Debian's redis-server" }],
};
export const share = 0.5;

const queueName = 'bench';
/** It has room for all that are in flight. */
const workerConcurrency = 100;
/** `appendfsync always`: without it a power cut takes what was confirmed. */
const settings = ['--port', '0', '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];

export async function prepare(folder) {
  const data = mkdtempSync(join(folder, 'redis-'));
  const socket = join(data, 'redis.sock');
  const server = spawn('redis-server', [...settings, '--dir', data, '--unixsocket', socket], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const end = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  const isReady = new Promise((resolve) => {
    server.stdout.on('data', (text) => /ready to accept connections/i.test(text) && resolve(true));
  });
  if ((await Promise.race([isReady, ended])) === true) return { shared: { socket, folder: data }, end };
  throw new Error(`redis-server ended with code ${server.exitCode}`);
}

export function version() {
  const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(text)?.[1] ?? text.trim();
}

const receiver = (_work, tell) => tell('ready');

export const roles = {
  letters: { receiver, sender: async (work, tell) => storeInFlight(work, tell, await adder(work)) },
  'letters-in-turn': { receiver, sender: async (work, tell) => storeInTurn(work, tell, await adder(work)) },
  tasks: {
    receiver: emptied,
    worker: (work, tell) => beWorker(work, tell, ({ data }) => data),
    sender: async (work, tell) => {
      const run = await runner(work);
      await runInFlight(work, tell, async (body) => Buffer.from(await run(body), 'base64'));
    },
  },
  'tasks-in-turn': {
    receiver: emptied,
    worker: (work, tell) => beWorker(work, tell, nowUs),
    sender: async (work, tell) => startInTurn(work, tell, await runner(work)),
  },
};

function connectionTo({ shared }) {
  return { path: shared.socket, maxRetriesPerRequest: null };
}

/** What an earlier round has left is taken away. */
async function emptyQueue(work) {
  const { Queue } = await import('bullmq');
  const queue = new Queue(queueName, { connection: connectionTo(work) });
  await queue.obliterate({ force: true });
  return queue;
}

/** Its jobs are JSON: a body of bytes travels as base64. */
async function adder(work) {
  const queue = await emptyQueue(work);
  return async (body) => (await queue.add('letter', body.toString('base64'))).id;
}

async function emptied(work, tell) {
  await emptyQueue(work);
  tell('ready');
}

async function beWorker(work, tell, handler) {
  const { Worker } = await import('bullmq');
  const options = { connection: connectionTo(work), concurrency: workerConcurrency };
  await new Worker(queueName, async (job) => handler(job), options).waitUntilReady();
  tell('ready');
}

/**
 * Results come with the queue's events. `job.waitUntilFinished` asks Redis once more for each job; this does not, and keeps
 * those that come before the id of their job.
 */
async function runner(work) {
  const { Queue, QueueEvents } = await import('bullmq');
  const queue = new Queue(queueName, { connection: connectionTo(work) });
  // From the first one of the emptied queue: it begins to read some time after it says that it is ready.
  const events = new QueueEvents(queueName, { connection: connectionTo(work), lastEventId: '0' });
  const waiting = new Map();
  const early = new Map();
  events.on('completed', ({ jobId, returnvalue }) => {
    const resolve = waiting.get(jobId);
    if (resolve === undefined) return early.set(jobId, returnvalue);
    waiting.delete(jobId);
    resolve(returnvalue);
  });
  await events.waitUntilReady();
  return async (body) => {
    const { id } = await queue.add('task', body.toString('base64'));
    if (!early.has(id)) return new Promise((resolve) => waiting.set(id, resolve));
    const result = early.get(id);
    early.delete(id);
    return result;
  };
}
