/** What each operation on tasks means, in both stores. */
import { expect, test } from 'vitest';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import type { Ended, OwedLetter } from '../../src/features/tasks/core/tasks-types.ts';
import { hex, newTask, storesOfTasks, wholeTask } from './tasks-rig.ts';

const types = (outcomes: readonly { type: string }[]) => outcomes.map(({ type }) => type);

test('an order that is repeated under its id or key is the first one, and another one under it is refused', () => {
  const { order, close } = storesOfTasks();
  const first = newTask(1, { key: 'k', digest: 'd' });
  expect(order([first])).toMatchObject([{ type: 'stored', head: { n: 1, state: 'queued' } }]);
  expect(order([first])).toEqual([{ type: 'repeat', id: hex(1), n: 1 }]);
  expect(order([newTask(2, { key: 'k', digest: 'd' })])).toEqual([{ type: 'repeat', id: hex(1), n: 1 }]);
  expect(order([newTask(2, { key: 'k', digest: 'e' })])).toEqual([{ type: 'other', id: hex(1) }]);
  expect(order([first], { author: 'b' })).toEqual([{ type: 'other', id: hex(1) }]);
  // Another author's key is another key.
  expect(types(order([newTask(2, { key: 'k', digest: 'e' })], { author: 'b' }))).toEqual(['stored']);
  expect(order([first, newTask(3)])).toMatchObject([{ type: 'repeat' }, { type: 'stored', head: { n: 3 } }]);
  close();
});

test('of an order with one that cannot be stored nothing is', () => {
  const { order, heads, log, close } = storesOfTasks();
  const twice = newTask(1, { key: 'k' });
  const tasks = [
    twice,
    newTask(2, { key: 'k', digest: twice.digest }),
    newTask(3, { after: [hex(9)] }),
    newTask(4),
  ];
  expect(order(tasks)).toEqual([
    { type: 'together' },
    { type: 'together' },
    { type: 'unfit', id: hex(9), state: 'unknown' },
    { type: 'together' },
  ]);
  expect([heads(), log()]).toEqual([[], []]);
  expect(order([newTask(4)])).toMatchObject([{ type: 'stored', head: { n: 1 } }]);
  close();
});

test('a task waits for earlier ones only, so no circle can be ordered', () => {
  const { order, close } = storesOfTasks();
  const circle = [newTask(1, { after: [hex(2)] }), newTask(2, { after: [hex(1)] })];
  expect(order(circle)).toMatchObject([{ type: 'unfit', id: hex(2), state: 'unknown' }, { type: 'unfit' }]);
  expect(order([newTask(1, { after: [hex(1)] })])).toMatchObject([{ type: 'unfit', id: hex(1) }]);
  close();
});

test('what waits for tasks is ready when the last of them is done, each counted once', () => {
  const { order, claim, end, follows, head, ready, at, close } = storesOfTasks();
  order([newTask(1), newTask(2), newTask(3, { after: [hex(1), hex(2), hex(1)], notBefore: 50 })]);
  expect(head(3)).toMatchObject({ state: 'waiting', blockers: 2 });
  claim(1);
  expect(follows(end(1, 'done'))).toEqual([]);
  claim(2);
  expect(follows(end(2, 'done'))).toEqual(['3 waiting']);
  expect(ready(3)).toEqual([]);
  at(50);
  expect(ready(3, 7)).toMatchObject([{ n: 3, state: 'queued', rank: 7 }]);
  // Queued already: only its place is another one.
  expect(ready(3, 8)).toMatchObject([{ n: 3, state: 'queued', rank: 8 }]);
  // What is done is waited for no more.
  expect(order([newTask(4, { after: [hex(1)] })])).toMatchObject([
    { head: { state: 'queued', blockers: 0 } },
  ]);
  close();
});

test('what waits for a task that ends otherwise is doomed, and one that has ended so cannot be waited for', () => {
  const { order, claim, end, follows, head, ready, expire, close } = storesOfTasks();
  order([newTask(1), newTask(2, { after: [hex(1)] }), newTask(3, { after: [hex(2)] })]);
  claim(1);
  expect(follows(end(1, 'failed', { reason: 'broken' }))).toEqual(['2 waiting']);
  expect(head(2)?.doom).toBe(`task ${hex(1)}, which it waits for, ended as failed`);
  expect(ready(2)).toEqual([]);
  expect(order([newTask(4, { after: [hex(1)] })])).toEqual([{ type: 'unfit', id: hex(1), state: 'failed' }]);
  expect(expire(2, 'failed', 'doomed')).toMatchObject([{ head: { state: 'failed' }, affected: [{ n: 3 }] }]);
  close();
});

test('a claim has a fence above all earlier ones, and only a queued task can be claimed', () => {
  const { order, claim, end, close } = storesOfTasks();
  order([newTask(1, { attempts: 2 }), newTask(2, { notBefore: 99 }), newTask(3)]);
  expect(claim(1)).toMatchObject({
    head: { fence: 1, attempt: 1, worker: 'w' },
    input: { body: Uint8Array.of(1) },
  });
  expect([claim(1), claim(2), claim(9)]).toEqual([null, null, null]);
  expect(claim(3)).toMatchObject({ head: { fence: 2 } });
  end(1, 'died');
  expect(claim(1, 'v')).toMatchObject({ head: { fence: 3, attempt: 2, worker: 'v' } });
  close();
});

test('the attempts of a task that leaves them to its service are those that its worker says, once', () => {
  const { order, claim, end, ask, close } = storesOfTasks();
  order([newTask(1, { attempts: 0 }), newTask(2, { attempts: 2 }), newTask(3, { attempts: 0 })]);
  const says = { attempts: 3, isIdempotent: true };
  expect(claim(1, 'w', says)).toMatchObject({ head: says });
  expect(claim(2, 'w', says)).toMatchObject({ head: { attempts: 2, isIdempotent: false } });
  expect(claim(3, 'w', { attempts: 0 })).toMatchObject({ head: { attempts: 1 } });
  end(1, 'died');
  expect(claim(1, 'v', { attempts: 9 })).toMatchObject({ head: says });
  // Ordered again, it is left to the service again.
  expect(ask('ordered', hex(1))).toMatchObject([{ attempts: 0 }]);
  close();
});

test('only the worker that has the last claim can end a task, and what another one says is logged', () => {
  const { order, claim, started, end, log, stateOf, close } = storesOfTasks();
  order([newTask(1, { attempts: 2 })]);
  claim(1);
  end(1, 'died', {}, '');
  claim(1, 'v');
  expect(started(1, 1)).toBe(null);
  expect(end(1, 'done', { fence: 1 })).toEqual({ type: 'stale', n: 1 });
  expect(end(1, 'done', {}, 'w')).toEqual({ type: 'stale', n: 1 });
  expect(started(1, 2)).toMatchObject({ state: 'running' });
  expect(end(1, 'done', {}, 'v')).toMatchObject({ type: 'ended', change: { head: { state: 'done' } } });
  // Said again, since it has not heard of it: no news.
  expect(end(1, 'done', { fence: 2 }, 'v')).toEqual({ type: 'known', n: 1 });
  expect(end(1, 'failed', { fence: 2 }, 'v')).toEqual({ type: 'stale', n: 1 });
  expect(stateOf(1)).toBe('done');
  expect(log().filter(({ type }) => type === 'task.stale')).toMatchObject([
    { author: 'w', note: 'done with fence 1: the last fence is 2' },
    { author: 'w', note: 'done with fence 2: v has it' },
    { author: 'v', note: 'failed with fence 2: the task is done' },
  ]);
  close();
});

test('a task is tried again while attempts are left, and is lost or has failed when none is', () => {
  const { order, claim, end, head, ready, at, stateOf, close } = storesOfTasks();
  order([newTask(1, { attempts: 2 }), newTask(2, { attempts: 9 })]);
  claim(1);
  end(1, 'failed', { reason: 'broken', retryAt: 40 });
  expect(head(1)).toMatchObject({ state: 'waiting', notBefore: 40, reason: 'broken', worker: '' });
  at(40);
  ready(1);
  claim(1);
  end(1, 'died');
  expect(stateOf(1)).toBe('lost');
  claim(2);
  end(2, 'failed', { rank: -5 });
  expect(head(2)).toMatchObject({ state: 'queued', rank: -5, attempt: 1 });
  claim(2);
  end(2, 'failed', { isFinal: true });
  expect(stateOf(2)).toBe('failed');
  close();
});

test('that a task had begun is noted with its end where it was not said before', () => {
  const { order, claim, started, end, at, ask, log, close } = storesOfTasks();
  order([1, 2, 3, 4].map((id) => newTask(id, { attempts: 2 })));
  at(100);
  for (const n of [1, 2, 3, 4]) claim(n);
  started(4, 4);
  at(150);
  end(1, 'done', { ranMs: 20 });
  // By the worker's clock it has run for longer than it had the task.
  end(2, 'failed', { ranMs: 90, isFinal: true });
  end(3, 'failed', { ranMs: 20, retryAt: 500 });
  end(4, 'done', { ranMs: 20 });
  const startedAt = (id: number) => (ask('status', hex(id)) as { startedAt: number }).startedAt;
  expect([1, 2, 4].map(startedAt)).toEqual([130, 100, 100]);
  const noted = log().map(({ type, at: when, subject }) => `${type.slice(5)} ${when} ${subject.at(-1)}`);
  expect(noted.slice(8)).toEqual([
    ...['started 100 4', 'started 150 1', 'done 150 1', 'started 150 2', 'failed 150 2'],
    ...['started 150 3', 'retried 150 3', 'done 150 4'],
  ]);
  close();
});

test('what is given back costs no attempt', () => {
  const { order, claim, end, head, close } = storesOfTasks();
  order([newTask(1)]);
  claim(1);
  end(1, 'given-back', { rank: -3, reason: 'draining' });
  expect(head(1)).toMatchObject({
    state: 'queued',
    attempt: 0,
    rank: -3,
    reason: 'draining',
    worker: '',
    fence: 1,
  });
  expect(claim(1)).toMatchObject({ head: { attempt: 1, fence: 2 } });
  close();
});

test('a cancel ends what nobody has, and what a worker has when that says so, unless it is done before', () => {
  const { order, claim, started, end, cancel, stateOf, close } = storesOfTasks();
  order([1, 2, 3, 4].map((id) => newTask(id, { attempts: 3 })));
  expect(cancel(1, 'why')).toMatchObject({
    type: 'cancelled',
    change: { head: { state: 'cancelled', reason: 'why' } },
  });
  for (const n of [2, 3, 4]) claim(n);
  for (const n of [2, 3, 4])
    expect(cancel(n)).toMatchObject({ type: 'cancelling', head: { state: 'cancelling' } });
  expect(started(2, 1)).toMatchObject({ state: 'cancelling' });
  expect(cancel(2).type).toBe('cancelling');
  end(2, 'stopped');
  end(3, 'done');
  end(4, 'died');
  expect([2, 3, 4].map(stateOf)).toEqual(['cancelled', 'done', 'cancelled']);
  expect([cancel(3), cancel(9)]).toEqual([{ type: 'too-late', state: 'done' }, { type: 'unknown' }]);
  close();
});

test('a whole is done with its last part, and so is what waits for it released', () => {
  const { order, claim, end, follows, stateOf, head, ask, close } = storesOfTasks();
  order([...wholeTask(1, [2, 3]), newTask(4, { after: [hex(1)] })]);
  expect(claim(1)).toBe(null);
  expect(claim(3)?.whole).toMatchObject({ n: 1, state: 'running' });
  expect(stateOf(1)).toBe('running');
  // What is left of it is news to those who follow it.
  expect(follows(end(3, 'done'))).toEqual(['1 running']);
  expect(head(1)).toMatchObject({ part: 2, partsLeft: 1 });
  claim(2);
  expect(ask('results', hex(1))).toBe(null);
  expect(follows(end(2, 'done'))).toEqual(['1 done', '4 waiting']);
  expect(ask('results', hex(1))).toEqual([2, 3].map((n) => ({ encoding: 0, body: Uint8Array.of(n) })));
  expect(ask('status', hex(1))).toMatchObject({
    parts: [2, 3].map((n) => ({ id: hex(n), service: 'echo', state: 'done' })),
    resultBytes: 2,
  });
  expect(ask('status', hex(3))).toMatchObject({ parent: hex(1) });
  close();
});

test('a whole fails with its first part that does, and the others are doomed', () => {
  const { order, claim, end, follows, stateOf, head, ask, close } = storesOfTasks();
  order(wholeTask(1, [2, 3, 4]));
  for (const n of [2, 3]) claim(n);
  end(2, 'done');
  expect(follows(end(3, 'failed', { reason: 'broken' }))).toEqual(['1 failed', '4 queued']);
  expect(ask('status', hex(1))).toMatchObject({ reason: `part 1, task ${hex(3)}, ended as failed: broken` });
  expect(head(4)?.doom).toBe(`task ${hex(1)}, of which it is a part, ended as failed`);
  // Nobody begins with it any more.
  expect(claim(4)).toBe(null);
  expect(stateOf(1)).toBe('failed');
  close();
});

test('a whole that is cancelled is so when its last part has ended', () => {
  const { order, claim, end, cancel, expire, follows, stateOf, close } = storesOfTasks();
  order(wholeTask(1, [2, 3]));
  claim(2);
  const { type, change } = cancel(1);
  expect([type, change?.head.state, change?.affected.map(({ n }) => n)]).toEqual([
    'cancelled',
    'cancelling',
    [2, 3],
  ]);
  expect(expire(3, 'cancelled')).toMatchObject([{ affected: [{ n: 1, state: 'cancelling', partsLeft: 1 }] }]);
  expect(cancel(2).type).toBe('cancelling');
  expect(follows(end(2, 'stopped'))).toEqual(['1 cancelled']);
  order(wholeTask(11, []));
  expect(cancel(11)).toMatchObject({ type: 'cancelled', change: { head: { state: 'cancelled' } } });
  expect(stateOf(1)).toBe('cancelled');
  close();
});

test('a whole that is repeated under its key has the parts of the first one', () => {
  const { order, close } = storesOfTasks();
  const same = { key: 'k', digest: 'd' };
  order(wholeTask(1, [2, 3], same));
  expect(order(wholeTask(11, [12, 13], same))).toEqual(
    [1, 2, 3].map((n) => ({ type: 'repeat', id: hex(n), n })),
  );
  // A part names a whole of its own order.
  expect(order([newTask(14, { parent: hex(1) })])).toEqual([{ type: 'unfit', id: hex(1), state: 'unknown' }]);
  close();
});

test('a whole of which no worker was given a part yet is cancelled at once, and nobody begins with it', () => {
  const { order, claim, cancel, close } = storesOfTasks();
  order(wholeTask(1, [2, 3]));
  const { type, change } = cancel(1);
  expect([type, change?.head.state, change?.affected.map(({ n }) => n)]).toEqual([
    'cancelled',
    'cancelled',
    [2, 3],
  ]);
  expect(claim(2)).toBe(null);
  close();
});

test('a whole that has failed is ordered again with all its parts, also with those that were done', () => {
  const { order, claim, end, cancel, expire, ask, stateOf, close } = storesOfTasks();
  order(wholeTask(1, [2, 3]));
  for (const n of [2, 3]) claim(n);
  end(2, 'done');
  end(3, 'failed');
  expect(ask('ordered', hex(1))).toMatchObject([
    { id: hex(1), service: '', part: 2 },
    { id: hex(2), parent: hex(1), part: 0, input: { body: Uint8Array.of(2) } },
    { id: hex(3), parent: hex(1), part: 1, input: { body: Uint8Array.of(3) } },
  ]);
  order([newTask(4, { service: '', part: 1, retryOf: hex(1) }), newTask(5, { parent: hex(4) })]);
  claim(5);
  end(5, 'done');
  expect([stateOf(4), ask('ordered', hex(4)), ask('ordered', hex(5))]).toEqual(['done', [], []]);
  expect([cancel(4).type, expire(4, 'expired')]).toEqual(['too-late', []]);
  close();
});

test('a whole fails whose results are too much for one message, and each part has its own', () => {
  const { order, claim, end, ask, close } = storesOfTasks();
  const { taskPartResultsBytes, taskResultBytes } = taskLimits;
  const parts = Array.from({ length: taskPartResultsBytes / taskResultBytes + 1 }, (_, i) => i + 2);
  order(wholeTask(1, parts));
  for (const n of parts) {
    claim(n);
    const isSmall = n === parts.at(-1);
    end(n, 'done', { result: { encoding: 0, body: new Uint8Array(isSmall ? 1 : taskResultBytes) } });
  }
  expect(ask('status', hex(1))).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining(`${taskPartResultsBytes + 1} bytes together`),
  });
  expect(ask('results', hex(parts.at(-1) as number))).toMatchObject([{ body: { length: 1 } }]);
  close();
});

test('what a worker has does not expire, and what has ended stays as it is', () => {
  const { order, claim, end, expire, stateOf, close } = storesOfTasks();
  order([newTask(1), newTask(2)]);
  claim(1);
  expect(expire(1, 'expired')).toEqual([]);
  end(1, 'done');
  expect(expire(1, 'expired')).toEqual([]);
  expect(expire(2, 'expired', 'late')).toMatchObject([{ head: { state: 'expired', reason: 'late' } }]);
  expect([1, 2].map(stateOf)).toEqual(['done', 'expired']);
  close();
});

test('a task is repeated as a new one when it has ended, with the input of the first', () => {
  const { order, claim, end, ask, close } = storesOfTasks();
  order([newTask(1), newTask(2)]);
  expect(order([newTask(3, { retryOf: hex(1) })])).toEqual([{ type: 'unfit', id: hex(1), state: 'queued' }]);
  expect(order([newTask(3, { retryOf: hex(9) })])).toEqual([{ type: 'unfit', id: hex(9), state: 'unknown' }]);
  for (const n of [1, 2]) claim(n);
  end(1, 'died');
  end(2, 'done');
  expect(ask('ordered', hex(1))).toMatchObject([{ id: hex(1), input: { body: Uint8Array.of(1) } }]);
  expect(types(order([newTask(3, { retryOf: hex(1) })]))).toEqual(['stored']);
  // It was done: its input is dropped.
  expect([ask('ordered', hex(2)), ask('ordered', hex(9))]).toEqual([[], []]);
  close();
});

test('ended tasks are kept for their time and forgotten a few at a time, parts with their whole', () => {
  const { order, claim, end, cancel, at, ask, stateOf, close } = storesOfTasks();
  order([newTask(1), newTask(2), ...wholeTask(3, [4, 5]), newTask(6)]);
  for (const n of [1, 4, 5]) claim(n);
  for (const n of [1, 4, 5]) end(n, 'done');
  cancel(2);
  const sweep = (now: number, limit = 9) => ask('sweep', { now, limit });
  const states = () => [1, 2, 3, 4, 5, 6].map(stateOf);
  const { taskDoneKeptMs, taskFailedKeptMs } = taskLimits;
  expect(sweep(taskDoneKeptMs)).toBe(false);
  expect(states()).toEqual(['done', 'cancelled', 'done', 'done', 'done', 'queued']);
  expect(sweep(taskDoneKeptMs + 1, 1)).toBe(true);
  expect(states()).toEqual([undefined, 'cancelled', 'done', 'done', 'done', 'queued']);
  expect(sweep(taskDoneKeptMs + 1, 1)).toBe(false);
  expect(states()).toEqual([undefined, 'cancelled', undefined, undefined, undefined, 'queued']);
  at(2 * taskFailedKeptMs);
  expect(sweep(taskFailedKeptMs)).toBe(false);
  expect(sweep(taskFailedKeptMs + 1)).toBe(false);
  expect(states()).toEqual([undefined, undefined, undefined, undefined, undefined, 'queued']);
  // Places are given once.
  expect(order([newTask(7)])).toMatchObject([{ head: { n: 7 } }]);
  close();
});

test('a whole that has failed is kept until its last part has ended, and as long again', () => {
  const { order, claim, end, at, ask, stateOf, close } = storesOfTasks();
  order(wholeTask(1, [2, 3]));
  for (const n of [2, 3]) claim(n);
  end(2, 'failed');
  const { taskFailedKeptMs } = taskLimits;
  ask('sweep', { now: 2 * taskFailedKeptMs, limit: 9 });
  expect([1, 2, 3].map(stateOf)).toEqual(['failed', 'failed', 'assigned']);
  at(taskFailedKeptMs);
  end(3, 'stopped');
  ask('sweep', { now: 2 * taskFailedKeptMs - 1, limit: 9 });
  expect(stateOf(1)).toBe('failed');
  ask('sweep', { now: 2 * taskFailedKeptMs, limit: 9 });
  expect([1, 2, 3].map(stateOf)).toEqual([undefined, undefined, undefined]);
  close();
});

test('a key counts for as long as its task is kept, and is free when that is forgotten', () => {
  const { order, cancel, ask, close } = storesOfTasks();
  order([newTask(1, { key: 'k', digest: 'd' })]);
  cancel(1);
  const again = newTask(2, { key: 'k', digest: 'e' });
  expect(order([again])).toEqual([{ type: 'other', id: hex(1) }]);
  expect(ask('remove', { now: 1, trace: ['p', 'x'], id: hex(1) })).toBe(true);
  expect(types(order([again]))).toEqual(['stored']);
  close();
});

test('only what has ended can be removed, a whole with its parts and no part alone', () => {
  const { order, claim, end, ask, stateOf, close } = storesOfTasks();
  order([newTask(1), ...wholeTask(2, [3, 4])]);
  const remove = (id: number) => ask('remove', { now: 9, trace: ['p', 'x'], id: hex(id) });
  for (const n of [3, 4]) claim(n);
  end(3, 'failed');
  // Its other part runs still.
  expect([1, 2, 3, 9].map(remove)).toEqual([false, false, false, false]);
  end(4, 'stopped');
  expect([3, 2].map(remove)).toEqual([false, true]);
  expect([1, 2, 3, 4].map(stateOf)).toEqual(['queued', undefined, undefined, undefined]);
  close();
});

test('durations are those of tasks that were done, the newest first, and never negative', () => {
  const { order, claim, started, end, at, ask, close } = storesOfTasks();
  order([newTask(1), newTask(2, { notBefore: 25 }), newTask(3), newTask(4)], { time: 99 });
  for (const n of [1, 2, 3, 4]) {
    at(10 * n);
    claim(n);
    if (n !== 4) started(n, n);
    at(n === 3 ? 20 : 10 * n + n);
    end(n, n === 1 ? 'failed' : 'done');
  }
  // The third ended on a clock that was set back; of the fourth its worker has not said that it began.
  expect(ask('durations', { service: 'echo', limit: 9 })).toEqual([
    { waitedMs: 39, ranMs: 4 },
    { waitedMs: 0, ranMs: 2 },
    { waitedMs: 29, ranMs: 0 },
  ]);
  expect(ask('durations', { service: 'echo', limit: 1 })).toEqual([{ waitedMs: 39, ranMs: 4 }]);
  expect(ask('durations', { service: 'render', limit: 9 })).toEqual([]);
  close();
});

test('each end that is wanted as a letter is owed until it is sent, the oldest first, and a repeated task wants it too', () => {
  const { order, claim, end, cancel, expire, ask, close, at } = storesOfTasks();
  const all = [1, 3, 4, 5, 6, 7].map((n) => newTask(n, { isLetter: true }));
  order([newTask(2), ...all]);
  const places = new Map([2, 1, 3, 4, 5, 6, 7].map((id, i) => [id, i + 1]));
  const place = (id: number) => places.get(id) as number;
  const owed = (after = { endedAt: 0, n: 0 }, limit = 9) =>
    (ask('owedLetters', { after, limit }) as OwedLetter[]).map(
      ({ id, author, state, reason, resultBytes }) =>
        `${author} ${Number.parseInt(id, 16)} ${state} ${reason} ${resultBytes}`,
    );
  // It has not ended: nothing of it is owed, and nothing is sent.
  ask('letterSent', hex(1));
  for (const id of [1, 2, 3, 4, 7]) claim(place(id));
  at(10);
  const { change } = end(place(3), 'done') as Extract<Ended, { type: 'ended' }>;
  expect(change.owed).toMatchObject([{ id: hex(3), author: 'a', service: 'echo', endedAt: 10 }]);
  expect((end(place(2), 'done') as Extract<Ended, { type: 'ended' }>).change.owed).toBeUndefined();
  at(11);
  end(place(1), 'failed', { reason: 'broken' });
  end(place(4), 'died', { reason: 'gone' });
  expect(cancel(5, 'no need').change?.owed).toMatchObject([{ id: hex(5), state: 'cancelled' }]);
  expire(place(6), 'expired', 'late');
  const ends = ['a 1 failed broken 0', 'a 4 lost gone 0', 'a 5 cancelled no need 0', 'a 6 expired late 0'];
  expect(owed()).toEqual(['a 3 done  1', ...ends]);
  expect(owed({ endedAt: 10, n: place(3) }, 2)).toEqual(ends.slice(0, 2));
  expect(owed({ endedAt: 11, n: place(4) })).toEqual(ends.slice(2));
  for (const id of [1, 4, 5]) ask('letterSent', hex(id));
  ask('letterSent', hex(99));
  expect(owed()).toEqual(['a 3 done  1', 'a 6 expired late 0']);
  // Sent or not, who orders it again wants it again.
  for (const id of [1, 6]) expect(ask('ordered', hex(id))).toMatchObject([{ isLetter: true }]);
  ask('remove', { now: 20, trace: ['p', 'x'], id: hex(6) });
  expect(owed()).toEqual(['a 3 done  1']);
  close();
});

test('of several parts the end of the whole is owed, once, with the change of the part that has ended it', () => {
  const { order, claim, end, ask, close } = storesOfTasks();
  order(wholeTask(1, [2, 3], { isLetter: true }));
  for (const n of [2, 3]) claim(n);
  expect((end(2, 'done') as Extract<Ended, { type: 'ended' }>).change.owed).toBeUndefined();
  const { change } = end(3, 'done') as Extract<Ended, { type: 'ended' }>;
  expect(change.owed).toMatchObject([{ id: hex(1), service: '', state: 'done', resultBytes: 2 }]);
  expect(ask('owedLetters', { after: { endedAt: 0, n: 0 }, limit: 9 })).toEqual(change.owed);
  close();
});

test('a list has what fits all that is asked for, and goes on where its page has ended', () => {
  const { order, claim, ask, close } = storesOfTasks();
  order([newTask(1), newTask(2, { service: 'render' })]);
  order([newTask(3), newTask(4)], { author: 'b' });
  claim(3, 'v');
  const list = (filter: object, after = 0, limit = 9) => {
    const page = ask('list', { filter, after, limit }) as {
      tasks: { n: number }[];
      isMore: boolean;
      place: number;
    };
    return [page.tasks.map(({ n }) => n), page.isMore, page.place];
  };
  expect(list({})).toEqual([[1, 2, 3, 4], false, 4]);
  expect(list({ author: 'b', states: ['queued'] })).toEqual([[4], false, 4]);
  expect(list({ worker: 'v' })).toEqual([[3], false, 3]);
  expect(list({ service: 'echo', until: 1 })).toEqual([[], false, 4]);
  expect(list({ states: ['queued', 'assigned'] }, 0, 2)).toEqual([[1, 2], true, 2]);
  expect(list({ states: ['queued', 'assigned'] }, 2, 2)).toEqual([[3, 4], false, 4]);
  close();
});

test('one page of a list looks at a limited number of tasks', () => {
  const { order, ask, close } = storesOfTasks();
  const { tasksLookedAtMax } = taskLimits;
  order(Array.from({ length: tasksLookedAtMax + 1 }, (_, i) => newTask(i + 1)));
  const filter = { since: 5 };
  const page = ask('list', { filter, after: 0, limit: 9 });
  expect(page).toEqual({ tasks: [], place: tasksLookedAtMax, isMore: true });
  expect(ask('list', { filter, after: tasksLookedAtMax, limit: 9 })).toMatchObject({ isMore: false });
  close();
});

test('of too many workers those that were seen longest ago are forgotten', () => {
  const { ask, close } = storesOfTasks();
  const { taskWorkersMax: max } = taskLimits;
  const worker = (name: string, at: number) => ({
    ...{ name, at, services: [], capacity: { cores: 1, memory: 1, software: [], resources: [] } },
    stallToleranceMs: 3000,
  });
  ask('sawWorkers', [
    ...Array.from({ length: max }, (_, i) => worker(`w${i}`, 10 + i)),
    worker('w0', max + 50),
  ]);
  ask('sawWorkers', [worker('new', 5), worker('newer', max + 60)]);
  const names = (ask('workers', { after: '', limit: max + 9 }) as { name: string }[]).map(({ name }) => name);
  expect([names.length, ...['w0', 'w1', 'new', 'newer'].map((name) => names.includes(name))]).toEqual([
    ...[max, true, false, false, true],
  ]);
  close();
});

test('every operation on a task notes what it did, by whom and why', () => {
  const { order, claim, started, end, cancel, ready, expire, at, ask, log, close } = storesOfTasks();
  order([newTask(1, { attempts: 2 }), newTask(2), newTask(3), newTask(4, { notBefore: 5 })]);
  at(2);
  claim(1, 'w', {
    offers: [
      { worker: 'v', declined: 'full' },
      { worker: 'w', declined: '' },
    ],
  });
  started(1, 1);
  started(1, 1);
  end(1, 'failed', { reason: 'broken' });
  claim(1);
  end(1, 'died', {}, '');
  at(5);
  ready(4);
  claim(2);
  end(2, 'given-back', { reason: 'draining' });
  claim(2);
  cancel(2, 'why');
  cancel(2, 'why');
  end(2, 'stopped', { reason: 'stopped' });
  claim(3);
  end(3, 'done');
  expire(4, 'expired', 'late');
  ask('remove', { now: 9, trace: ['p', 'x'], id: hex(3) });
  expect(
    log().map(({ type, at: when, author, subject, recipients, trace, note }) =>
      [type.slice(5), when, author || '-', subject.at(-1), recipients.join('+') || '-', trace.join('>'), note]
        .join(' ')
        .trim(),
    ),
  ).toEqual([
    'ordered 1 a 1 - a>x echo',
    'ordered 1 a 2 - a>x echo',
    'ordered 1 a 3 - a>x echo',
    'ordered 1 a 4 - a>x echo',
    'offered 2 - 1 v x',
    'declined 2 v 1 - v>x full',
    'offered 2 - 1 w x',
    'assigned 2 - 1 w x',
    'started 2 w 1 - w>x',
    'retried 2 w 1 - w>x broken',
    'assigned 2 - 1 w x',
    'lost 2 - 1 w x',
    'queued 5 a 4 - a>x',
    'assigned 5 - 2 w x',
    'returned 5 w 2 - w>x draining',
    'assigned 5 - 2 w x',
    'cancelling 5 p 2 w p>x why',
    'cancelled 5 w 2 - w>x why',
    'assigned 5 - 3 w x',
    'done 5 w 3 - w>x',
    'expired 5 - 4 - x late',
    'removed 9 p 3 - p>x',
  ]);
  close();
});
