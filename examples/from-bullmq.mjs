// A program that used BullMQ, moved to skein. Above each part stands what it was; there is no Redis to run, and the worker
// may be any node of the mesh. Both run in this one process here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode } from 'skein';

const folder = mkdtempSync(join(tmpdir(), 'from-bullmq-'));
const options = { namespace: `from-bullmq-${process.pid}`, store: join(folder, 'swarm.sqlite') };

// const connection = { host: 'redis', port: 6379 }
const shop = await createNode({ name: 'shop', identity: join(folder, 'shop.identity'), ...options });
const mailer = await createNode({ name: 'mailer', identity: join(folder, 'mailer.identity'), ...options });
await shop.ready({ nodes: ['mailer'], timeoutMs: 10_000 });

// const worker = new Worker('mail', async (job) => { await job.updateProgress(50); return ... }, { connection, concurrency: 5 })
let failures = 0;
const worker = mailer.tasks.work(
  'mail',
  async (job) => {
    const { to } = /** @type {{ to: string }} */ (job.input); //     job.data
    job.progress(0.5, 'rendered'); //                                await job.updateProgress(50)
    if (to === 'flaky' && failures++ === 0) throw new Error('451 try again'); // job.attemptsMade
    if (to === 'slow')
      await new Promise((_, reject) => job.signal.addEventListener('abort', () => reject(job.signal.reason)));
    return `sent to ${to}`;
  },
  { concurrency: 5 },
);
await worker.opened; //                                              await worker.waitUntilReady()

// const job = await queue.add('mail', { to: 'ann' }, { jobId: 'welcome-ann' })
const ann = await shop.tasks.order('mail', { to: 'ann' }, { idempotencyKey: 'welcome-ann' });
// await queue.add('mail', { to: 'ann' }, { jobId: 'welcome-ann' })   a second one with the same id is ignored
const again = await shop.tasks.order('mail', { to: 'ann' }, { idempotencyKey: 'welcome-ann' });
console.log('ordered twice, kept', ann.id === again.id ? 'once' : 'twice');

// queueEvents.on('progress', ({ jobId, data }) => ...); await job.waitUntilFinished(queueEvents)
for await (const { state } of ann.events()) if (state === 'done') console.log('ann: done');
console.log('ann:', await ann.result());

// await queue.add('mail', { to: 'flaky' }, { attempts: 3, backoff: { type: 'exponential', delay: 1000 } })
const flaky = await shop.tasks.order('mail', { to: 'flaky' }, { attempts: 3 });
console.log('flaky:', await flaky.result(), 'at attempt', (await flaky.status())?.attempt);

// await queue.add('mail', { to: 'later' }, { delay: 60_000, priority: 1 })
const later = await shop.tasks.order(
  'mail',
  { to: 'later' },
  { notBefore: new Date(Date.now() + 60_000), priority: 1 },
);
console.log('later:', (await later.status())?.state);

// await job.remove()                                                 of a job that waits
console.log('later:', await later.cancel());

// await job.remove()                                                 of an active one BullMQ throws: it is locked
const slow = await shop.tasks.order('mail', { to: 'slow' });
for await (const { state } of slow.events()) if (state === 'running') break;
console.log('slow:', await slow.cancel());
await slow
  .result()
  .catch((/** @type {Error & { details: { state: string } }} */ problem) =>
    console.log('slow:', problem.details.state),
  );

// await queue.getJobCounts()
const { tasks } = await shop.tasks.list({ service: 'mail' });
console.log('kept:', tasks.map(({ state }) => state).join(', '));

// await worker.close()                                               what runs is finished
await worker.close();
await Promise.all([shop.close(), mailer.close()]);
rmSync(folder, { recursive: true });
