// What strangers cost: two nodes with a key exchange messages while 10,000 hostile connections come to one of
// them; then how many honest handshakes a node takes in a second. `npm run bench:strangers` (`-- --count N`).
// A process for each node and one for the strangers. Prints the p99 of the messages before and during, what
// was lost, and the memory before, at the end and half a minute later.
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { knock, knockKinds, recordClientHello } from '../test/soak/knocks.mjs';

const self = fileURLToPath(import.meta.url);
const [, , role] = process.argv;
const atOnce = 200;
const quietMs = 5000;
const restMs = 30_000;
const handshakesMs = 5000;
/** The node ends each long before: a connection that is given up is a fault of the node. */
const giveUpMs = 60_000;
/** A real node: TLS, hello and proof as they should be, but for the key. */
const anotherKey = 'another key';
const roles = { target: beTarget, sender: beSender, strangers: beStrangers, dialer: beDialer };

if (role in roles) await roles[role](JSON.parse(process.argv[3]));
else await measure();

async function measure() {
  const { values } = parseArgs({ options: { count: { type: 'string' } } });
  const count = Number(values.count ?? 10_000);
  const folder = mkdtempSync(join(tmpdir(), 'skein-strangers-'));
  const [keyFile, otherKeyFile] = [join(folder, 'keys'), join(folder, 'other-keys')];
  const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  for (const file of [keyFile, otherKeyFile])
    execFileSync(process.execPath, [program, 'key', 'new', '--key-file', file]);
  const target = start('target', { keyFile });
  const { address } = await target.next('listening');
  const sender = start('sender', { keyFile, address });
  await sender.next('linked');
  await wait(quietMs);
  const before = await sender.ask('figures');
  const memoryBefore = residentMb(target.pid);
  const begun = performance.now();
  const strangers = start('strangers', { address, count, keyFile: otherKeyFile });
  strangers.next('let in').then(
    () => console.log('a stranger was LET IN'),
    () => undefined,
  );
  const ended = await strangers.next('done');
  const during = await sender.ask('figures');
  const memoryDuring = residentMb(target.pid);
  const seconds = (performance.now() - begun) / 1000;
  await wait(restMs);
  const memoryAfter = residentMb(target.pid);
  const after = await sender.ask('figures');
  sender.stop();
  const dialer = start('dialer', { keyFile, address });
  await dialer.next('begins');
  const busyBefore = processorSeconds(target.pid);
  const { handshakes, perSecond } = await dialer.next('done');
  const perProcessorSecond = handshakes / (processorSeconds(target.pid) - busyBefore);
  console.log(`${count} hostile connections in ${seconds.toFixed(1)} s: ${JSON.stringify(ended.kinds)}`);
  if (ended.stillOpen > 0) console.log(`still open after ${giveUpMs / 1000} s: ${ended.stillOpen}`);
  console.log(`messages: p99 ${ms(before.p99)} before, ${ms(during.p99)} during, ${ms(after.p99)} after`);
  console.log(`lost: ${before.lost + during.lost + after.lost} of ${before.sent + during.sent + after.sent}`);
  console.log(
    `memory of the node: ${memoryBefore.toFixed(0)} MB before, ${memoryDuring.toFixed(0)} at the end, ${memoryAfter.toFixed(0)} after ${restMs / 1000} s`,
  );
  console.log(
    `honest handshakes: ${perSecond.toFixed(0)} a second one after the other, links closed in between; ${perProcessorSecond.toFixed(0)} for each second of the node's processor`,
  );
  for (const one of [target, strangers, dialer]) one.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function nodeOf(name, keyFile, more = {}) {
  const { createNode } = await import('../dist/index.js');
  return createNode({ name, keyFile, discovery: false, degree: 0, listen: '127.0.0.1:0', ...more });
}

async function beTarget({ keyFile }) {
  const node = await nodeOf('target', keyFile);
  node.handle(() => undefined);
  tell('listening', { address: (await node.status()).addresses[0] });
}

async function beSender({ keyFile, address }) {
  const node = await nodeOf('sender', keyFile, { connect: [address] });
  await node.ready({ nodes: ['target'] });
  let times = [];
  let lost = 0;
  process.on('message', () => {
    const sorted = times.sort((a, b) => a - b);
    tell('figures', { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, sent: sorted.length, lost });
    [times, lost] = [[], 0];
  });
  tell('linked');
  for (;;) {
    const sentAt = performance.now();
    await node.send('target', 'x').catch(() => lost++);
    times.push(performance.now() - sentAt);
    await wait(2);
  }
}

/** Each connection does one of the things that strangers do, and stays until the node ends it. */
async function beStrangers({ address, count, keyFile }) {
  const [host, port] = address.split(':');
  const to = { host, port: Number(port) };
  const options = { hello: await recordClientHello(), giveUpMs };
  const node = await nodeOf('stranger', keyFile);
  const allKinds = [...knockKinds, anotherKey];
  const kinds = Object.fromEntries(allKinds.map((kind) => [kind, 0]));
  let begun = 0;
  let stillOpen = 0;
  const knocking = async () => {
    while (begun < count) {
      const kind = allKinds[begun++ % allKinds.length];
      kinds[kind]++;
      if (kind === anotherKey)
        await node.dial(address).then(
          () => tell('let in'),
          () => undefined,
        );
      else if ((await knock(kind, to, options)) === 'open') stillOpen++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, knocking));
  tell('done', { kinds, stillOpen });
}

async function beDialer({ keyFile, address }) {
  const node = await nodeOf('dialer', keyFile);
  tell('begins');
  const end = performance.now() + handshakesMs;
  let handshakes = 0;
  while (performance.now() < end) {
    await node.dial(address);
    await node.hangup('target');
    handshakes++;
  }
  tell('done', { handshakes, perSecond: (handshakes * 1000) / handshakesMs });
}

function start(name, work) {
  const child = fork(self, [name, JSON.stringify(work)]);
  const next = (type) =>
    new Promise((resolve, reject) => {
      child.on('message', (message) => message.type === type && resolve(message));
      child.once('exit', (code) => reject(new Error(`${name} ended with code ${code}`)));
    });
  return {
    pid: child.pid,
    next,
    ask: (type) => {
      const answer = next(type);
      child.send(type);
      return answer;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function tell(type, data = {}) {
  process.send({ type, ...data });
}

/** User and system time, in hundredths of a second in the file. */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function ms(value) {
  return `${value.toFixed(1)} ms`;
}
