/**
 * Authors, and one who handles letters and works on tasks, whose broker has a bad disk: `node members.mjs SETTINGS`.
 *
 * Each writes down what it knows for certain: `stored KEY ID` once a send has resolved, `refused KEY CODE` when it has
 * failed, and it is repeated with the same key then; `handled ID` before a handler returns. `ordered KEY ID` once an order
 * has resolved, `denied KEY CODE` when it has failed, and is repeated; `begun ID FENCE` as a task is begun, `done ID FENCE`
 * once its author has its result. Invariant: it judges nothing; it ends once all that was stored is handled and done, or when
 * nothing has moved for a while.
 */
import { once } from 'node:events';
import { copyFileSync, openSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNode, type LocalNode } from '../../../src/index.ts';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { storeLimits } from '../../../src/stores/limits.ts';
import { freeTcpPorts } from '../../free-ports.ts';
import { fillDisk } from '../../small-disk.ts';
import { startBroker } from '../broker-settings.ts';
import type { DiskWork } from './settings.ts';

const recipient = 'bob';
const job = 'job';
const worksAtOnce = 4;
/** Of letters, beside which a task is ordered. */
const orderShare = 0.3;
const sendersPerAuthor = 4;
const againMs = 200;
const sendTimeoutMs = 5000;
/** For each letter, until it is stored. */
const sendPatienceMs = 60_000;
/** Without any more of them being handled or done. */
const handlePatienceMs = 20_000;
/** A handled letter that is handed over again is settled by then. */
const restMs = 1500;
const fullMs = 1500;
/** Longer than the store waits before it looks again whether there is room. */
const emptyMs = storeLimits.reserveRetryMs + 1500;

const work = JSON.parse(process.argv[2] as string) as DiskWork;
const random = new SeededRandom(`disk ${work.seed}`);
const diary = openSync(work.diary, 'a');
const note = (...words: string[]) => writeSync(diary, `${words.join(' ')}\n`);
const formation = `tcp://127.0.0.1:${(await freeTcpPorts(1))[0]}`;
const namespace = `disk-${process.pid}`;
const waiting = new Set<string>();
const handled = new Set<string>();
const results: Promise<void>[] = [];
let resultsLeft = 0;

await makeStore();
const broker = await startBroker(
  work.brokerProgram,
  { store: work.store, formation, namespace },
  work.tracer,
);
const [bob, ...authors] = (await Promise.all([recipient, 'ann', 'eve'].map(member))) as [
  LocalNode,
  LocalNode,
];
bob.letters.handle(({ id }) => {
  note('handled', id);
  handled.add(id);
  waiting.delete(id);
});
bob.tasks.work(
  job,
  ({ id, fence }) => {
    note('begun', id, String(fence));
    return fence;
  },
  { concurrency: worksAtOnce },
);
const sent = new AbortController();
const filling = work.filler === undefined ? undefined : fillByTurns(work.filler);
const each = Math.ceil(work.letters / authors.length / sendersPerAuthor);
await Promise.all(
  authors.flatMap((author, a) =>
    Array.from({ length: sendersPerAuthor }, (_, sender) => send(author, `${a}/${sender}`, each)),
  ),
);
sent.abort();
await filling;
let [left, since] = [waiting.size + resultsLeft, performance.now()];
while (left > 0 && performance.now() - since < handlePatienceMs) {
  await sleep(againMs);
  const now = waiting.size + resultsLeft;
  if (now < left) [left, since] = [now, performance.now()];
}
await sleep(restMs);
for (const node of [bob, ...authors]) await node.close();
broker.send('close');
await once(broker, 'exit');
// The broker has closed it: there is no log beside it.
if (work.kept !== undefined) copyFileSync(work.store, work.kept);
process.exit(0);

/** Until all is sent, and once at least. */
async function fillByTurns(file: string): Promise<void> {
  do {
    fillDisk(file);
    note('full');
    await sleep(fullMs);
    rmSync(file);
    await sleep(emptyMs);
  } while (!sent.signal.aborted);
}

/** By a broker whose disk is good: a store that fails while it is made never begins, however often that is tried. */
async function makeStore(): Promise<void> {
  const maker = await startBroker(work.brokerProgram, { store: work.store, formation, namespace });
  const author = await member('ann');
  await send(author, 'first', 1, 0);
  await author.close();
  maker.send('close');
  await once(maker, 'exit');
}

function member(name: string): Promise<LocalNode> {
  return createNode({ name, namespace, formation: [formation], store: 'none', discovery: false, key: false });
}

/** @param share Of letters beside which a task is ordered. */
async function send(author: LocalNode, sender: string, count: number, share = orderShare): Promise<void> {
  for (let n = 0; n < count; n++) {
    const key = `${sender}/${n}`;
    const body = random.bytes(random.integer(1, random.chance(0.1) ? 30_000 : 1000));
    const until = performance.now() + sendPatienceMs;
    while (!(await isStored(author, key, body)) && performance.now() < until) await sleep(againMs);
    if (!random.chance(share)) continue;
    const limit = performance.now() + sendPatienceMs;
    while (!(await isOrdered(author, key, body)) && performance.now() < limit) await sleep(againMs);
  }
}

async function isOrdered(author: LocalNode, key: string, body: Uint8Array): Promise<boolean> {
  const options = { idempotencyKey: key, ifInfeasible: 'queue', attempts: 1 } as const;
  try {
    const task = await author.tasks.order<Uint8Array, number>(job, body, options);
    note('ordered', key, task.id);
    resultsLeft++;
    results.push(
      task.result().then(
        (fence) => {
          note('done', task.id, String(fence));
          resultsLeft--;
        },
        (error: { code?: string }) => void note('failed', task.id, error.code ?? String(error)),
      ),
    );
    return true;
  } catch (error) {
    note('denied', key, (error as { code?: string }).code ?? String(error));
    return false;
  }
}

async function isStored(author: LocalNode, key: string, body: Uint8Array): Promise<boolean> {
  const options = { idempotencyKey: key, allowUnknown: true, timeoutMs: sendTimeoutMs };
  try {
    const { id } = await author.letters.send(recipient, body, options);
    note('stored', key, id);
    if (!handled.has(id)) waiting.add(id);
    return true;
  } catch (error) {
    note('refused', key, (error as { code?: string }).code ?? String(error));
    return false;
  }
}
