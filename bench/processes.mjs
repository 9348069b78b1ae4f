// A role's process: started, listened to, ended. Who calls it: measure.mjs. Invariant: what it says is kept, so
// that waiting for it later loses nothing; a process that ends by itself fails whoever waits for it.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./child.mjs', import.meta.url));

export function startRole({ system, shape, role, work, nodeFlags = [] }) {
  const startedAt = performance.now();
  const process_ = fork(child, [system.url, shape, role, JSON.stringify(work)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: nodeFlags,
  });
  const told = new Map();
  const toldAfterMs = {};
  let errors = '';
  process_.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4000);
  });
  process_.on('message', (message) => {
    toldAfterMs[message.type] ??= performance.now() - startedAt;
    entry(told, message.type).resolve(message);
  });
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  const failed = ended.then((code) => {
    throw new Error(`${system.name}: its ${role} ended with code ${code}${lastLines(errors)}`);
  });
  failed.catch(() => undefined);
  return {
    role,
    toldAfterMs,
    /** Rejects when the process ends by itself. */
    failed,
    next: (type) => Promise.race([entry(told, type).promise, failed]),
    stop: async () => {
      process_.kill('SIGKILL');
      await ended;
    },
  };
}

function entry(told, type) {
  if (!told.has(type)) {
    let resolve;
    const promise = new Promise((settle) => {
      resolve = settle;
    });
    told.set(type, { promise, resolve });
  }
  return told.get(type);
}

function lastLines(text) {
  const lines = text.trim().split('\n').slice(0, 12).join('\n');
  return lines === '' ? '' : `:\n${lines}`;
}
