/**
 * Authors and a recipient of letters, and the broker as their child: what is traced. `node members.mjs SETTINGS`.
 *
 * What they know for certain they write to the receipts, a line each, by a call that is in the trace as well: `stored ID
 * SHA256` once a send has resolved, `settled ID RECIPIENT` once the broker has answered that the letter is delivered;
 * `ordered ID SERVICE` once an order has resolved, `claimed ID FENCE` as a handler of tasks is called, `done ID FENCE` once
 * the broker has answered that the task is done.
 * Invariant: a line is written only after the answer of the broker has arrived.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNode, type LocalNode } from '../../../src/index.ts';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { freeTcpPorts } from '../../free-ports.ts';
import { startBroker } from '../broker-settings.ts';
import type { WorkSettings } from './settings.ts';

const sendersPerAuthor = 6;
const recipient = 'bob';
const job = 'job';
const worksAtOnce = 4;
/** Never comes: its letters stay. */
const absent = 'nobody';
/** Of letters. Those whose first attempt fails are left to the next incarnation of the broker. */
const shares = { refusedOnce: 0.05, together: 0.1, repeated: 0.1, ordered: 0.2 };
const pollMs = 5;

const settings = JSON.parse(process.argv[2] as string) as WorkSettings;
const random = new SeededRandom(`power ${settings.seed}`);
const receipts = openSync(settings.receipts, 'a');
const formation = `tcp://127.0.0.1:${(await freeTcpPorts(1))[0]}`;
const namespace = `power-${process.pid}`;
let sent = 0;

for (let n = 1; n <= settings.incarnations; n++) {
  const broker = await startBroker(settings.brokerProgram, { store: settings.store, formation, namespace });
  await traffic();
  // With nothing under way: a call within which a process is killed may have been carried out, or not.
  if (n < settings.incarnations && n % 2 === 1) broker.kill('SIGKILL');
  else broker.send('close');
  await once(broker, 'exit');
}
process.exit(0);

/** As nodes of their own, which leave before the broker does: they would take its place. */
async function traffic(): Promise<void> {
  const [bob, ...authors] = await Promise.all([recipient, 'ann', 'eve'].map(member));
  if (bob === undefined) throw new Error('nobody is there');
  const handled: Promise<void>[] = [];
  bob.letters.handle(({ id, attempt, body }) => {
    if (attempt === 1 && (body as Uint8Array)[0] === 0) throw new Error('not at the first attempt');
    handled.push(settled(bob, id));
  });
  const working = bob.tasks.work(
    job,
    ({ id, fence }) => {
      writeSync(receipts, `claimed ${id} ${fence}\n`);
      handled.push(done(bob, id, fence));
      return fence;
    },
    { concurrency: worksAtOnce },
  );
  await working.opened;
  const toSend = Math.ceil(settings.letters / authors.length / sendersPerAuthor);
  await Promise.all(
    authors.flatMap((author) => Array.from({ length: sendersPerAuthor }, () => send(author, toSend))),
  );
  await sleep(50);
  for (let count = -1; count !== handled.length; ) {
    count = handled.length;
    await Promise.all(handled);
    await sleep(50);
  }
  await Promise.all([bob, ...authors].map((node) => node.close()));
}

function member(name: string): Promise<LocalNode> {
  return createNode({ name, namespace, formation: [formation], store: 'none', discovery: false, key: false });
}

async function send(author: LocalNode, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    if (random.chance(shares.ordered)) await order(author);
    const letter = draft();
    if (random.chance(shares.together)) {
      const letters = [letter, draft(), draft()];
      for (const [place, result] of (await author.letters.sendMany(letters)).entries())
        if (result.ok) stored(result.id, letters[place]?.body as Uint8Array);
      continue;
    }
    const { to, body, ...options } = letter;
    const { id } = await author.letters.send(to, body, options);
    stored(id, body);
    if (!random.chance(shares.repeated)) continue;
    const again = await author.letters.send(to, body, options);
    stored(again.id, body);
  }
}

async function order(author: LocalNode): Promise<void> {
  const options = { idempotencyKey: `task ${++sent}`, ifInfeasible: 'queue' } as const;
  const { id } = await author.tasks.order(job, random.bytes(bodyLength()), options);
  writeSync(receipts, `ordered ${id} ${job}\n`);
}

function draft() {
  const body = random.bytes(bodyLength());
  body[0] = random.chance(shares.refusedOnce) ? 0 : 1;
  const to = random.pick([[recipient], [recipient], [absent], [recipient, absent]]);
  return { to, body, idempotencyKey: `letter ${++sent}`, allowUnknown: true };
}

/** Most are small; some fill many pages. */
function bodyLength(): number {
  const kind = random.next();
  if (kind < 0.6) return random.integer(1, 500);
  return kind < 0.9 ? random.integer(500, 8000) : random.integer(8000, 50_000);
}

function stored(id: string, body: Uint8Array): void {
  writeSync(receipts, `stored ${id} ${createHash('sha256').update(body).digest('hex')}\n`);
}

/** The answer is read from the store, in a transaction after that of the settlement, or in the same. */
async function settled(node: LocalNode, id: string): Promise<void> {
  for (;;) {
    // Settled once the handler has returned.
    await sleep(pollMs);
    const status = await node.letters.status(id);
    if (status?.recipients.find(({ name }) => name === recipient)?.state === 'delivered') break;
  }
  writeSync(receipts, `settled ${id} ${recipient}\n`);
}

async function done(node: LocalNode, id: string, fence: number): Promise<void> {
  while ((await node.tasks.task(id).status())?.state !== 'done') await sleep(pollMs);
  writeSync(receipts, `done ${id} ${fence}\n`);
}
