// What a program outside the node's process pays: `npm run bench:attached` (`-- --rounds N --tree PATH --tree PATH`).
// A node, a peer and an attached program, each in a process of its own. With several trees (checkouts that are built)
// they take turns, and each is told as a ratio to the first. Prints medians and spreads: messages with receipts and
// without, 256 in flight; messages received; a request answered in the node's process and by the attached program; a
// whole `skein send`; what 256 clients that listen add to the node's memory.
import { execFile, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { spread } from './statistics.mjs';

const self = fileURLToPath(import.meta.url);
const [, , role] = process.argv;
const roles = { node: beNode, peer: bePeer, client: beClient, listeners: beListeners };
const body = Buffer.alloc(128, 7);
const inFlight = 256;
const askCount = 2000;
/** Until the code of both ways is compiled: requests one after the other are few, and each is felt. */
const askWarmUp = 8000;
const [warmUpMs, sendMs] = [500, 1500];
const [receivedMs, restMs] = [1500, 3000];
const clients = 256;
const commandRuns = 5;
const folder = mkdtempSync(join(tmpdir(), 'skein-attached-'));
const figures = {
  send: { unit: 'messages/s', title: 'send with receipts, 128 B, 256 in flight' },
  post: { unit: 'messages/s', title: 'post, 128 B' },
  received: { unit: 'messages/s', title: 'received, 128 B' },
  inside: { unit: 'us', title: "a request answered in the node's process, p50" },
  attached: { unit: 'us', title: 'a request answered by the attached program, p50' },
  command: { unit: 'ms', title: 'skein send, from start to exit' },
  memory: { unit: 'MB', title: `${clients} clients that listen, added at the node` },
};

if (role in roles) {
  process.on('disconnect', () => process.exit());
  const [tree, given] = process.argv.slice(3);
  await roles[role](await import(join(tree, 'dist', 'index.js')), given);
} else await measure();

async function measure() {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, tree: { type: 'string', multiple: true } },
  });
  const trees = (values.tree ?? [fileURLToPath(new URL('..', import.meta.url))]).map((tree) => resolve(tree));
  const rows = new Map(trees.map((tree) => [tree, []]));
  for (let round = 0; round < Number(values.rounds ?? 5); round++)
    for (const tree of round % 2 === 0 ? trees : trees.toReversed())
      rows.get(tree).push(await oneRound(tree));
  for (const [figure, { title, unit }] of Object.entries(figures)) {
    const first = spread(valuesOf(rows.get(trees[0]), figure));
    for (const tree of trees) {
      const { median, min, max } = spread(valuesOf(rows.get(tree), figure));
      const ratio = tree === trees[0] ? '' : `  ${(median / first.median).toFixed(2)} x`;
      const range = `${shown(median)} (${shown(min)} to ${shown(max)}) ${unit}`;
      console.log(`${title.padEnd(50)} ${tree === trees[0] ? 'first' : 'then '}  ${range}${ratio}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

function valuesOf(row, figure) {
  return row.map((each) => each[figure]);
}

/** What was refused has no figure. */
function shown(value) {
  return Number.isFinite(value) ? value.toFixed(value < 1000 ? 1 : 0) : 'refused';
}

async function oneRound(tree) {
  const node = start('node', tree, join(mkdtempSync(join(folder, 'r-')), 'a.sock'));
  const { path, address } = await node.next('ready');
  const peer = start('peer', tree, address);
  await peer.next('ready');
  const client = start('client', tree, path);
  await client.next('ready');
  const row = {};
  await client.ask('send', warmUpMs);
  row.send = await client.ask('send', sendMs);
  await client.ask('post', warmUpMs);
  const came = peer.ask('rate', sendMs);
  await client.ask('post', warmUpMs + sendMs);
  row.post = await came;
  row.inside = await peer.ask('request', 'inside');
  row.attached = await peer.ask('request', 'attached');
  row.command = await commandMs(tree, path);
  peer.tell('flood', 3_000_000);
  row.received = await client.ask('rate', receivedMs);
  for (const each of [peer, client, node]) each.stop();
  row.memory = await memoryMb(tree);
  return row;
}

/** Of a node that has done nothing else. */
async function memoryMb(tree) {
  const node = start('node', tree, join(mkdtempSync(join(folder, 'r-')), 'a.sock'));
  const { path } = await node.next('ready');
  await promisify(execFile)(process.execPath, [
    join(tree, 'dist', 'cli', 'main.js'),
    'status',
    '--control',
    path,
  ]);
  await new Promise((done) => setTimeout(done, restMs));
  const before = residentMb(node.pid);
  const listeners = start('listeners', tree, path);
  const isThere = await listeners.next('listening').then(
    () => true,
    () => false,
  );
  await new Promise((done) => setTimeout(done, restMs));
  const added = isThere ? residentMb(node.pid) - before : Number.NaN;
  for (const each of [listeners, node]) each.stop();
  return added;
}

async function commandMs(tree, path) {
  const times = [];
  const program = join(tree, 'dist', 'cli', 'main.js');
  for (let run = 0; run < commandRuns; run++) {
    const begun = performance.now();
    await promisify(execFile)(process.execPath, [program, 'send', 'b', 'hello', '--control', path]);
    times.push(performance.now() - begun);
  }
  return spread(times).median;
}

function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** A process of a role; what it says is kept until it is waited for. */
function start(name, tree, given) {
  const child = fork(self, [name, tree, given], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const said = [];
  let look = () => undefined;
  child.on('message', (message) => {
    said.push(message);
    look();
  });
  const ended = new Promise((_, reject) => child.once('exit', () => reject(new Error(`${name} has ended`))));
  ended.catch(() => undefined);
  const next = async (type) => {
    for (;;) {
      const at = said.findIndex((message) => message.type === type);
      if (at >= 0) return said.splice(at, 1)[0].value;
      const more = new Promise((resolve) => {
        look = resolve;
      });
      await Promise.race([more, ended]);
    }
  };
  const tell = (type, value) => child.send({ type, value });
  const ask = (type, value) => {
    tell(type, value);
    return next(type);
  };
  return { pid: child.pid, next, tell, ask, stop: () => child.kill('SIGKILL') };
}

function say(type, value) {
  process.send({ type, value });
}

/** Does what it is told, one thing after the other, and says what came of it. */
function serveTasks(tasks) {
  process.on('message', async ({ type, value }) => say(type, await tasks[type](value)));
  say('ready');
}

async function beNode({ createNode, serve }, control) {
  const node = await createNode({ name: 'a', discovery: false, key: false });
  const { path } = await serve(node, { control });
  node.respond('inside', ({ input }) => input);
  say('ready', { path, address: (await node.status()).addresses[0] });
}

async function bePeer({ createNode }, address) {
  const node = await createNode({ name: 'b', discovery: false, key: false, connect: [address] });
  await node.ready({ nodes: ['a'] });
  let received = 0;
  node.handle(() => void received++, { bufferMessages: 100_000 });
  serveTasks({
    rate: (milliseconds) => rateOf(() => received, milliseconds),
    async request(service) {
      const times = [];
      for (let i = 0; i < askWarmUp + askCount; i++) {
        const begun = performance.now();
        await node.request(service, body, { to: 'a' });
        if (i >= askWarmUp) times.push((performance.now() - begun) * 1000);
      }
      return spread(times).median;
    },
    async flood(count) {
      const batch = node.batch('a', { kind: 'down', inFlight: 4096 });
      for (let i = 0; i < count; ) {
        if (batch.add(body)) i++;
        else await batch.room();
      }
    },
  });
}

async function beClient({ attach }, control) {
  const node = await attach({ control });
  await node.respond('attached', ({ input }) => input).opened;
  let received = 0;
  await node.handle(() => void received++, { kind: 'down', bufferMessages: 8192 }).opened;
  serveTasks({
    async send(milliseconds) {
      const begun = performance.now();
      let count = 0;
      const sendOn = async () => {
        for (; performance.now() - begun < milliseconds; count++) await node.send('b', body);
      };
      await Promise.all(Array.from({ length: inFlight }, sendOn));
      return (count / (performance.now() - begun)) * 1000;
    },
    async post(milliseconds) {
      for (const begun = performance.now(); performance.now() - begun < milliseconds; )
        if (!node.post('b', body)) await node.drained();
      await node.drained();
    },
    rate: (milliseconds) => rateOf(() => received, milliseconds),
  });
}

/** All in one process: it is the node's memory that counts. */
async function beListeners({ attach }, control) {
  for (let i = 0; i < clients; i++) {
    const node = await attach({ control });
    await node.messages({ kind: `kind ${i}` }).opened;
  }
  say('listening');
}

/** Of what counts up, once it is under way. */
async function rateOf(count, milliseconds) {
  await new Promise((done) => setTimeout(done, warmUpMs));
  const [before, begun] = [count(), performance.now()];
  await new Promise((done) => setTimeout(done, milliseconds));
  return ((count() - before) / (performance.now() - begun)) * 1000;
}
