/** Modules as handlers of tasks, for longer than a lease lasts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { TaskService } from '../../src/features/tasks/api.ts';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import { kinds, taskPair } from './task-pair.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-handlers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'block.mjs');
writeFileSync(
  file,
  `import { appendFileSync } from 'node:fs';
   const wait = new Int32Array(new SharedArrayBuffer(4));
   export default ({ input: { started, ms } }) => {
     appendFileSync(started, 'started\\n');
     Atomics.wait(wait, 0, 0, ms);
     return 'done';
   };`,
);

test.each(kinds)(
  'a module of %s that blocks its thread keeps the lease, and ends once it is cancelled',
  async (kind) => {
    await using pair = await taskPair(kind);
    // A second start would do no harm to it: were the lease lost, it came.
    const service: TaskService<object, unknown> = {
      name: 'block',
      input: undefined,
      output: undefined,
      idempotent: true,
    };
    await using work = pair.worker.tasks.work(service, file, { concurrency: 2 });
    await work.opened;
    const started = join(folder, `${pair.worker.name}-${kinds.indexOf(kind)}`);
    const order = (name: string, ms: number) =>
      pair.author.tasks.order(service, { started: `${started}-${name}`, ms }, { ifInfeasible: 'queue' });
    const blocking = await order('blocking', taskLimits.taskLeaseMs + 3000);
    const cancelled = await order('cancelled', 600_000);
    for await (const { state } of cancelled.events()) if (state === 'running') break;
    const cancelledAt = performance.now();
    expect(await cancelled.cancel()).toBe('stopping');
    await expect(cancelled.result()).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
      details: {
        state: 'cancelled',
      },
    });
    expect(performance.now() - cancelledAt).toBeGreaterThan(taskLimits.taskThreadGraceMs - 100);
    expect(await blocking.result()).toBe('done');
    expect(await blocking.status()).toMatchObject({ attempt: 1, state: 'done' });
    expect(readFileSync(`${started}-blocking`, 'utf8')).toBe('started\n');
  },
);
