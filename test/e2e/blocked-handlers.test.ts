/** Handlers of tasks that block the event loop of their program. */
import { expect, test } from 'vitest';
import { kinds, taskPair } from './task-pair.ts';

const block = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test.each(kinds)(
  'a handler of %s that blocks the loop for over 1 s is named by its service, in one line',
  async (kind) => {
    await using pair = await taskPair(kind);
    await using blocking = pair.worker.tasks.work('blocking', ({ input }: { readonly input: number }) => {
      block(input);
      return 'done';
    });
    await using waiting = pair.worker.tasks.work('waiting', async () => 'done');
    await Promise.all([blocking.opened, waiting.opened]);
    const done = async (service: string, input: number): Promise<unknown> =>
      (await pair.author.tasks.order(service, input, { ifInfeasible: 'queue' })).result();
    const lines = (): string[] => pair.warnings.filter((text) => text.startsWith('a handler of '));
    await done('blocking', 100);
    expect(lines()).toEqual([]);
    await done('blocking', 1500);
    await expect
      .poll(lines)
      .toEqual([
        expect.stringMatching(
          /^a handler of "blocking" blocked the event loop for \d{4} ms: give tasks\.work the path of a module instead, whose tasks have threads of their own$/,
        ),
      ]);
    await done('blocking', 1500);
    await done('waiting', 0);
    expect(lines()).toHaveLength(1);
  },
);
