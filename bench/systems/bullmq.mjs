// BullMQ: jobs added to a queue in a Redis of this run's own, which syncs its log before it answers. The queue keeps them;
// nobody works. Redis listens on a socket in the run's folder, which is faster than TCP.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { storeInFlight, storeInTurn } from '../roles/durable.mjs';

export const title = 'BullMQ';
export const needs = {
  packages: ['bullmq'],
  commands: [{ command: 'redis-server', from: "Debian's redis-server" }],
};
export const share = 0.5;

const queueName = 'bench';
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
};

/** Its jobs are JSON: a body of bytes travels as base64. What an earlier round has left is taken away. */
async function adder({ shared }) {
  const { Queue } = await import('bullmq');
  const queue = new Queue(queueName, { connection: { path: shared.socket, maxRetriesPerRequest: null } });
  await queue.obliterate({ force: true });
  return async (body) => (await queue.add('letter', body.toString('base64'))).id;
}
