/** Modules as handlers of tasks: each task has a thread to itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds, type Pair, taskPair } from './task-pair.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-handlers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function moduleOf(name: string, source: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, source);
  return file;
}

const queue = { ifInfeasible: 'queue' } as const;

describe.each(kinds)('a module as the handler of %s', (kind) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await taskPair(kind);
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  test('runs tasks as a function does, several at a time', async () => {
    const file = moduleOf(
      'double',
      `import { threadId } from 'node:worker_threads';
       const wait = new Int32Array(new SharedArrayBuffer(4));
       export default ({ input, attempt, fence, service, progress }) => {
         progress(0.5, 'half');
         // It blocks.
         Atomics.wait(wait, 0, 0, 300);
         return { doubled: 2 * input, attempt, service, isFenced: fence > 0, threadId };
       };`,
    );
    await using work = pair.worker.tasks.work('double', file, { concurrency: 2 });
    await work.opened;
    const tasks = await pair.author.tasks.orderMany(
      [1, 2].map((input) => ({ service: 'double', input, ...queue })),
    );
    const notes: unknown[] = [];
    for await (const { note } of tasks[0]?.events() ?? []) notes.push(note);
    expect(notes).toContain('half');
    const results = await Promise.all(tasks.map((task) => task.result()));
    const common = { attempt: 1, service: 'double', isFenced: true, threadId: expect.any(Number) };
    expect(results).toEqual([
      { doubled: 2, ...common },
      { doubled: 4, ...common },
    ]);
    expect(new Set(results.map((result) => (result as { threadId: number }).threadId)).size).toBe(2);
  });

  test('whose thread ends fails that attempt with why, and the next one has another thread', async () => {
    const file = moduleOf(
      'mortal',
      `export default ({ input, attempt }) => {
         if (input === 'exit' || (input === 'once' && attempt === 1)) process.exit(3);
         if (input === 'throw') setTimeout(() => { throw new Error('out of paper'); });
         else return 'fine';
         return new Promise(() => undefined);
       };`,
    );
    await using work = pair.worker.tasks.work('mortal', file);
    await work.opened;
    const ended = async (input: string, attempts?: number): Promise<unknown> => {
      const options = { ...queue, ...(attempts === undefined ? {} : { attempts }) };
      return (await pair.author.tasks.order('mortal', input, options)).result();
    };
    const died = `the thread of ${file} has ended: `;
    await expect(ended('exit')).rejects.toMatchObject({
      code: 'SKEIN_FAILED',
      details: { state: 'failed', reason: `${died}process.exit(3) was called in it` },
    });
    await expect(ended('throw')).rejects.toMatchObject({
      details: { reason: `${died}it died: out of paper` },
    });
    expect(await ended('once', 2)).toBe('fine');
  });

  test('that is not there is refused by work(), and one that is no handler as it is loaded', async () => {
    const { tasks } = pair.worker;
    expect(() => tasks.work('none', join(folder, 'none.mjs'))).toThrow(
      expect.objectContaining({ code: 'SKEIN_INVALID', message: expect.stringContaining('none.mjs') }),
    );
    expect(() => tasks.work('none', 42 as never)).toThrow(TypeError);
    const file = moduleOf('data', 'export default { render: true };');
    const refused = tasks.work('none', file);
    await expect(refused.opened).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
      message: `the module ${file} cannot be used as a handler: its default export has to be the handler, a function`,
    });
    await refused.close();
    // It works on nothing: another handler is accepted.
    await using work = tasks.work('none', () => 'some');
    await work.opened;
    expect(await (await pair.author.tasks.order('none', null, queue)).result()).toBe('some');
  });

  test('leaves what the worker offers as it was when its node began to work', async () => {
    await using first = pair.worker.tasks.work('first', () => 1);
    await first.opened;
    const room = async (): Promise<string | undefined> =>
      (await pair.author.tasks.workers('first', { memory: '500T' })).find(({ name }) => name === 'b')?.whyNot;
    await expect.poll(room).toMatch(/^has [\d.]+ [MG]iB of memory, 500 TiB are needed$/);
    const before = await room();
    const used = Buffer.alloc(2 ** 29, 1);
    await using second = pair.worker.tasks.work('second', moduleOf('second', 'export default () => 2;'));
    await second.opened;
    await (await pair.author.tasks.order('second', null, queue)).result();
    expect(await room()).toBe(before);
    expect(used.length).toBe(2 ** 29);
  });

  test('that is closed takes nothing more', async () => {
    const file = moduleOf('closing', 'export default () => 1;');
    const work = pair.worker.tasks.work('closing', file);
    await work.opened;
    await work.close();
    const services = async (): Promise<string[]> =>
      (await pair.author.tasks.workers()).flatMap((each) => each.services.map(({ service }) => service));
    await expect.poll(services).not.toContain('closing');
  });
});
