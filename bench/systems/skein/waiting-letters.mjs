// skein's roles with letters that wait: for a recipient that comes late, and for the next broker.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isIntact, markedBody, numberOf } from '../../check.mjs';
import { nowUs } from '../../roles/arrivals.mjs';
import { addressOf } from './nodes.mjs';
import { beBroker, openMember, removeStore, swarmOf } from './swarm-nodes.mjs';

const child = fileURLToPath(new URL('../../child.mjs', import.meta.url));
/** The process that is killed is not the one that the harness watches. */
const brokerProcess = new URL('./broker-process.mjs', import.meta.url).href;
const together = 500;
const underWay = 4;
const sampleMs = 20;
const pageBytes = 4096;
const options = { allowUnknown: true };

/** All of them are stored before it is ready; `name(number)` is whom each is for. */
export async function fill(node, { bytes, count }, name) {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, next + together);
      const numbers = Array.from({ length: next - from }, (_, i) => from + i);
      const letters = numbers.map((number) => ({
        to: name(number),
        body: markedBody(number, bytes),
        ...options,
      }));
      const all = await node.letters.sendMany(letters, { timeoutMs: 120_000 });
      const refused = all.find(({ ok }) => !ok);
      if (refused !== undefined) throw new Error(`a letter was not stored: ${refused.message}`);
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
}

async function filler(work, tell) {
  const node = await openMember(work, 'sender');
  await fill(node, work, () => 'late');
  tell('ready', { address: await addressOf(node) });
}

/** Handles all that waits, from the call until the store says that the last one is settled. */
export async function handleAll(node, { bytes, count }, begun = () => undefined) {
  const seen = new Uint8Array(count);
  let verified = 0;
  const startedAt = nowUs();
  const last = await new Promise((resolve) => {
    let handled = 0;
    const handle = ({ id, body }) => {
      if (handled === 0) begun();
      const number = numberOf(body);
      if (isIntact(body, number, bytes) && seen[number] === 0) {
        seen[number] = 1;
        verified++;
      }
      if (++handled === count) resolve(id);
    };
    node.letters.handle(handle, { concurrency: 1000 });
  });
  // They are settled in the order in which they were handled.
  while (!isSettled(await node.letters.status(last)));
  return { verified, rate: (count * 1e6) / (nowUs() - startedAt) };
}

function isSettled(status) {
  return status.recipients.every(({ state }) => state === 'delivered');
}

/** Resident memory of a process in MB. */
function rssOf(pid) {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * pageBytes) / 1e6;
}

export const lettersWaiting = {
  receiver: beBroker,
  filler,
  late: async (work, tell) => {
    const node = await openMember(work, 'late');
    const { pid } = swarmOf(work);
    const before = { broker: rssOf(pid), own: rssOf(process.pid) };
    const most = { ...before };
    const timer = setInterval(() => {
      most.broker = Math.max(most.broker, rssOf(pid));
      most.own = Math.max(most.own, rssOf(process.pid));
    }, sampleMs);
    const { verified, rate } = await handleAll(node, work);
    clearInterval(timer);
    removeStore(work);
    const figures = { rate, broker: most.broker - before.broker, recipient: most.own - before.own };
    tell('done', { figures, verified });
  },
};

/** The broker is killed, and the recipient begins to handle at that moment. */
export const lettersTakeover = {
  receiver: (work, tell) => {
    const broker = fork(child, [brokerProcess, 'takeover', 'broker', JSON.stringify(work)]);
    broker.on('message', ({ type, ...data }) => tell(type, data));
  },
  filler,
  late: async (work, tell) => {
    const node = await openMember(work, 'late');
    const killedAt = nowUs();
    process.kill(swarmOf(work).pid, 'SIGKILL');
    let first;
    const { verified } = await handleAll(node, work, () => {
      first = (nowUs() - killedAt) / 1000;
    });
    removeStore(work);
    tell('done', { figures: { first }, verified });
  },
};
