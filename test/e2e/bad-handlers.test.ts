/** Handlers of tasks that do what they should not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/features/tasks/api.ts';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import { kinds, type Pair, taskPair } from './task-pair.ts';

const queue = { ifInfeasible: 'queue' } as const;

describe.each(kinds)('a handler of %s', (kind) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await taskPair(kind);
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  /** What becomes of one task that such a handler runs, and of the next one. */
  async function outcomeOf(handler: (job: Job) => unknown, options = {}): Promise<unknown> {
    const isBad = ({ input }: Job): boolean => input === 'bad';
    await using work = pair.worker.tasks.work('bad', (job) => (isBad(job) ? handler(job) : 'fine'));
    await work.opened;
    const ended = async (input: string, more = {}): Promise<unknown> =>
      (await pair.author.tasks.order('bad', input, { ...queue, ...more })).result();
    const outcome = await ended('bad', options).catch((error: unknown) => error);
    expect(await ended('good')).toBe('fine');
    return outcome;
  }

  const failed = (reason: unknown) => ({ code: 'SKEIN_FAILED', details: { state: 'failed', reason } });

  test.each<[string, (job: Job) => unknown, unknown]>([
    [
      'throws',
      () => {
        throw new TypeError('no paper\u001b[2J');
      },
      'no paper [2J',
    ],
    ['rejects', async () => Promise.reject(new Error('no ink')), 'no ink'],
    ['throws what is no error', () => Promise.reject('text'), 'text'],
    ['throws what has no text', () => Promise.reject(Object.create(null)), 'a thrown value that has no text'],
    ['returns what cannot be encoded', () => () => 1, expect.stringMatching(/cannot be|is not|no body/)],
    [
      'returns more than a result may have',
      () => new Uint8Array(taskLimits.taskResultBytes + 1),
      expect.stringContaining('SKEIN_TOO_LARGE'),
    ],
  ])('that %s fails its attempt with why, and the next task runs', async (_what, handler, reason) => {
    expect(await outcomeOf(handler)).toMatchObject(failed(reason));
  });

  test('that never returns fails as its time is over, and its signal fires', async () => {
    let fired: unknown;
    const handler = ({ signal }: Job): Promise<void> =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          fired = signal.reason;
          resolve();
        }),
      );
    expect(await outcomeOf(handler, { timeoutMs: 300 })).toMatchObject(failed('took longer than 300 ms'));
    expect(fired).toBeInstanceOf(Error);
  });

  test('that says something of a task that has ended changes nothing', async () => {
    let last: Job | undefined;
    const result = await outcomeOf((job) => {
      last = job;
      return 'first';
    });
    last?.progress(0.5, 'late');
    expect(result).toBe('first');
    expect(() => last?.progress(2)).toThrow('progress is a number from 0 to 1, got 2');
  });
});
