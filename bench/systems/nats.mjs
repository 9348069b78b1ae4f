// NATS: clients over a nats-server of this run's own. Subscriptions by callback, as its documentation advises for
// throughput; a publisher flushes after each batch, since nothing else tells it that the server keeps up.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perProcess } from '../casts.mjs';
import { isIntact, markedBody, numberOf } from '../check.mjs';
import { arrivals, arrivalsOfMany } from '../roles/arrivals.mjs';
import { coldStart } from '../roles/cold-start.mjs';
import { countInFlight, promisesInFlight, requestsInFlight } from '../roles/in-flight.mjs';
import { pacedReceiver, pacedSender } from '../roles/paced.mjs';
import { askInTurn } from '../roles/round-trips.mjs';

export const title = 'NATS';
export const needs = {
  packages: ['@nats-io/transport-node'],
  commands: [{ command: 'nats-server', from: "Debian's nats-server" }],
};
export const share = 0.25;

const subject = 'bench';
const echoSubject = 'bench.echo';
/** As much as a publisher hands over before it flushes, and in messages. */
const flushBytes = 1024 * 1024;
const flushMessages = 4000;
const empty = new Uint8Array(0);
/** As skein's: with a second, its default, a busy machine would fail the run. */
const requestOptions = { timeout: 10_000 };

/** Its limits on a subscriber that falls behind are raised: it would be cut off, and the run lost. */
const serverSettings = 'host: "127.0.0.1"\nport: -1\nmax_pending: 1GB\nwrite_deadline: "60s"\n';

export async function prepare(folder) {
  const { servers, end } = await startServer(folder, '');
  return { shared: { servers }, end };
}

/** @param more Settings of this one. */
export async function startServer(folder, more) {
  const file = join(folder, 'nats.conf');
  writeFileSync(file, serverSettings + more);
  const server = spawn('nats-server', ['-c', file, '--ports_file_dir', folder], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const end = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  try {
    return { servers: await portOf(folder, server), end };
  } catch (error) {
    await end();
    throw error;
  }
}

export function version() {
  return execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1);
}

export const roles = {
  'one-way': { receiver: (work, tell) => receive(work, tell, arrivals(work, tell)), sender: publish },
  acknowledged: { receiver: receiveAndAnswer, sender: sendAcknowledged },
  'requests-in-turn': {
    receiver: respond,
    sender: async (work, tell) => askInTurn(work, tell, await asker(work)),
  },
  requests: {
    receiver: respond,
    sender: async (work, tell) => requestsInFlight(work, tell, await asker(work)),
  },
  'fan-out': { receiver: receiveMany, sender: publish },
  'half-load': { receiver: receivePaced, sender: publishPaced },
  'cold-start': {
    receiver: respond,
    sender: (work, tell) => coldStart(work, tell, () => open(work), firstAnswer(work)),
  },
};

async function open({ shared }) {
  const { connect } = await import('@nats-io/transport-node');
  return connect({ servers: shared.servers, noEcho: true });
}

/** Ready once the server knows of the subscription. */
async function receive(work, tell, handle, connection) {
  const nc = connection ?? (await open(work));
  nc.subscribe(subject, { callback: (_error, message) => handle(message.data, message) });
  await nc.flush();
  tell('ready');
  return nc;
}

/** A connection for each subscriber, as programs on many machines would have. */
async function receiveMany(work, tell) {
  for (const handle of arrivalsOfMany(work, tell, perProcess(work, work.index)))
    await receive(work, () => undefined, handle);
  tell('ready');
}

/** `publish` keeps the body until it is written: each is one of its own. */
async function publish(work) {
  const nc = await open(work);
  const perFlush = Math.min(flushMessages, Math.max(1, Math.floor(flushBytes / work.bytes)));
  for (let number = 0; number < work.count; ) {
    nc.publish(subject, markedBody(number, work.bytes));
    if (++number % perFlush === 0) await nc.flush();
  }
  await nc.flush();
}

async function receiveAndAnswer(work, tell) {
  const arrived = arrivals(work, tell);
  await receive(work, tell, (body, message) => {
    arrived(body);
    message.respond(empty);
  });
}

/** A request with an empty answer is its acknowledgment; counted, all answers come to one subscription. */
async function sendAcknowledged(work, tell) {
  const nc = await open(work);
  if (work.variant === 'all')
    return promisesInFlight(
      work,
      tell,
      async (body) => (await nc.request(subject, body, requestOptions)).data.length === 0,
    );
  const { createInbox } = await import('@nats-io/transport-node');
  const reply = createInbox();
  const { begin, acknowledged } = countInFlight(work, tell, (body) => nc.publish(subject, body, { reply }));
  nc.subscribe(reply, { callback: acknowledged });
  await nc.flush();
  begin();
}

async function respond(work, tell) {
  await receive(work, tell, (body, message) => {
    message.respond(isIntact(body, numberOf(body), work.bytes) ? body : empty);
  });
}

async function asker(work) {
  const nc = await open(work);
  return async (body) => (await nc.request(subject, body, requestOptions)).data;
}

async function receivePaced(work, tell) {
  const nc = await open(work);
  const handle = pacedReceiver(work, (body) => nc.publish(echoSubject, body));
  await receive(work, tell, handle, nc);
}

async function publishPaced(work, tell) {
  const nc = await open(work);
  const send = (body) => {
    nc.publish(subject, body);
    return true;
  };
  const makeBody = (bytes) => Buffer.allocUnsafe(bytes);
  const { begin, echoed } = pacedSender(work, tell, { send, makeBody });
  nc.subscribe(echoSubject, { callback: (_error, message) => echoed(message.data) });
  await nc.flush();
  begin();
}

function firstAnswer({ bytes }) {
  return async (nc) => {
    const { data } = await nc.request(subject, markedBody(1, bytes), requestOptions);
    if (!isIntact(data, 1, bytes)) throw new Error('the first answer is damaged');
  };
}

/** The server writes the port that it chose into a file named after its process. */
async function portOf(folder, server) {
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (server.exitCode !== null) throw new Error(`nats-server ended with code ${server.exitCode}`);
    const file = readdirSync(folder).find((name) => name.endsWith(`${server.pid}.ports`));
    if (file === undefined) continue;
    const { nats = [] } = JSON.parse(readFileSync(join(folder, file), 'utf8') || '{}');
    if (nats.length > 0) return nats[0].replace(/^nats:\/\//, '');
  }
  throw new Error('nats-server did not say its port');
}
