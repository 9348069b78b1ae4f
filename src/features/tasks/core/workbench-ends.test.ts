/** A worker's side: how attempts end, and how their ends come into the store. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  offer,
  place,
  render,
  result,
  store,
  task,
  WorkbenchRig,
} from '../../../../test/core/workbench-rig.ts';
import { taskLimits } from './limits.ts';

const { taskResultOnDiskMs, taskProgressMs, taskStartedMs } = taskLimits;
let rig: WorkbenchRig;

beforeEach(() => {
  rig = new WorkbenchRig();
});

describe('the end of an attempt', () => {
  test('is said once, and kept until it is settled', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.said();
    rig.end(1);
    rig.end(1);
    rig.fail(2);
    expect(rig.handedIn()).toEqual(['1 done', '2 failed: broken']);
    rig.settle(1);
    rig.bench.brokerChanged(store);
    const messages = rig.said();
    expect(messages).toMatchObject([
      { type: 'work', inHand: [{ n: 2, fence: 20, state: 'ended' }] },
      { type: 'ended', items: [{ n: 2, fence: 20, outcome: 'failed' }] },
    ]);
  });

  test('says the result, and whether no further attempt is wanted', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.end(1);
    rig.bench.ended(place(2), { outcome: 'failed', reason: 'never', isFinal: true });
    expect(rig.saidOf('ended')).toMatchObject([
      {
        items: [
          { n: 1, result, isFinal: false },
          { n: 2, isFinal: true },
        ],
      },
    ]);
  });

  test('says with it that it had begun, where that was not said before', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.said();
    rig.pass(taskStartedMs - 1);
    rig.end(1);
    expect(rig.said()).toMatchObject([{ type: 'ended', items: [{ n: 1, ranMs: taskStartedMs - 1 }] }]);
    rig.pass(1);
    expect(rig.said()).toMatchObject([{ type: 'started', attempts: [{ n: 2 }] }]);
    rig.end(2);
    expect(rig.said().at(-1)).not.toHaveProperty('items.0.ranMs');
  });

  test('of which the start was not said to the broker before is said to the next one', () => {
    rig.begin();
    rig.assign(task(1));
    rig.bench.brokerChanged(store);
    rig.said();
    rig.pass(taskStartedMs);
    expect(rig.saidOf('started')).toMatchObject([{ attempts: [{ n: 1 }] }]);
  });

  test('that is not accepted is forgotten all the same, with a line in the log', () => {
    rig.begin();
    rig.assign(task(1));
    rig.end(1);
    rig.said();
    rig.bench.received({ type: 'settled', store, items: [{ n: 1, fence: 10, isAccepted: false }] });
    rig.bench.brokerChanged(store);
    expect(rig.handedIn()).toEqual([]);
    expect(rig.logged).toEqual(['the end of task 1 was not accepted: claim 10 is not the last one']);
  });

  test('of a claim or a store that is not its own settles nothing', () => {
    rig.begin();
    rig.assign(task(1));
    rig.end(1);
    rig.said();
    rig.bench.received({ type: 'settled', store, items: [{ n: 1, fence: 11, isAccepted: true }] });
    rig.bench.received({ type: 'settled', store: 5, items: [{ n: 1, fence: 10, isAccepted: true }] });
    rig.bench.brokerChanged(store);
    expect(rig.handedIn()).toEqual(['1 done']);
  });

  test('waits for a broker, and is then said', () => {
    rig.begin();
    rig.assign(task(1));
    rig.said();
    rig.hasBroker = false;
    rig.end(1);
    rig.bench.flush();
    rig.hasBroker = true;
    rig.bench.brokerChanged(store);
    expect(rig.handedIn()).toEqual(['1 done']);
  });

  test('no message has more of them than it may, or more bytes', () => {
    const count = taskLimits.tasksPerClaimMax + 1;
    rig.begin([{ ...render, concurrency: 1000 }]);
    rig.assign(...Array.from({ length: count }, (_, i) => task(i + 1)).slice(0, 128));
    rig.assign(task(count));
    for (let n = 1; n <= count; n++) rig.end(n);
    expect(rig.saidOf('ended').map(({ items }) => items.length)).toEqual([count - 1, 1]);
    rig.assign(task(500), task(501));
    const large = { encoding: 0, body: new Uint8Array(taskLimits.taskClaimBytesMax) };
    for (const n of [500, 501]) rig.bench.ended(place(n), { outcome: 'done', result: large });
    expect(rig.saidOf('ended').map(({ items }) => items.length)).toEqual([1, 1]);
  });
});

describe('progress', () => {
  const progress = (share: number, note = ''): void => rig.bench.progress(place(1), share, note);
  const shares = (): number[] =>
    rig.saidOf('progress').flatMap(({ items }) => items.map(({ share }) => share));

  test('is passed on at most every 100 ms, and of what comes meanwhile the last', () => {
    rig.begin();
    rig.assign(task(1));
    rig.pass(taskStartedMs);
    rig.said();
    progress(0.1);
    expect(shares()).toEqual([0.1]);
    progress(0.2);
    progress(0.3);
    expect(shares()).toEqual([]);
    expect(rig.bench.nextDeadline()).toBe(rig.now + taskProgressMs);
    rig.pass(taskProgressMs);
    expect(shares()).toEqual([0.3]);
    rig.pass(taskProgressMs);
    expect(shares()).toEqual([]);
  });

  test('that was said is said again to the next broker', () => {
    rig.begin();
    rig.assign(task(1));
    progress(0.5);
    rig.said();
    rig.bench.brokerChanged(store);
    expect(shares()).toEqual([0.5]);
  });

  test('of an attempt that is not at work is ignored', () => {
    rig.begin();
    progress(0.1);
    rig.assign(task(1));
    progress(0.5);
    rig.end(1);
    progress(0.6);
    expect(shares()).toEqual([]);
  });

  test('is said again to the next broker', () => {
    rig.begin();
    rig.assign(task(1));
    progress(0.5, 'frame 10');
    rig.said();
    rig.hasBroker = false;
    progress(0.6, 'frame 12');
    rig.pass(taskProgressMs);
    rig.bench.flush();
    expect(rig.bench.nextDeadline()).toBeGreaterThan(rig.now);
    rig.hasBroker = true;
    rig.bench.brokerChanged(store);
    expect(rig.saidOf('progress')).toMatchObject([
      { items: [{ n: 1, fence: 10, share: 0.6, note: 'frame 12' }] },
    ]);
  });
});

describe('a stop', () => {
  const stop = (n: number, fence = 10 * n): void =>
    rig.bench.received({ type: 'stop', store, items: [{ n, fence, reason: 'cancelled by a' }] });

  test('fires the signal of what runs, once, and what its handler throws then is no failure', () => {
    rig.begin();
    rig.assign(task(1));
    stop(1);
    stop(1);
    expect(rig.heard).toEqual(['begin 1', 'stop 1: cancelled by a']);
    expect(rig.handedIn()).toEqual([]);
    rig.fail(1, 'aborted');
    expect(rig.handedIn()).toEqual(['1 stopped: aborted']);
  });

  test('counts also where the signal has fired for another reason before', () => {
    rig.begin();
    rig.assign(task(1));
    rig.bench.drain(1000);
    stop(1);
    expect(rig.heard).toEqual(['begin 1', 'stop 1: its worker is draining']);
    rig.fail(1, 'aborted');
    expect(rig.handedIn()).toEqual(['1 stopped: aborted']);
  });

  test('that comes too late for the handler leaves its result', () => {
    rig.begin();
    rig.assign(task(1));
    stop(1);
    rig.end(1);
    expect(rig.handedIn()).toEqual(['1 done']);
  });

  test('takes what has not begun out of the queue', () => {
    rig.begin([{ ...render, concurrency: 1, queue: 1 }]);
    rig.assign(task(1), task(2));
    stop(2);
    expect(rig.handedIn()).toEqual(['2 stopped: cancelled by a']);
    expect(rig.answers(offer(3))).toEqual(['3 yes']);
    rig.end(1);
    expect(rig.heard).toEqual(['begin 1']);
  });

  test.each([
    ['task', () => stop(9)],
    ['claim', () => stop(1, 11)],
    ['store', () => rig.bench.received({ type: 'stop', store: 5, items: [{ n: 1, fence: 10, reason: '' }] })],
  ])('of an unknown %s does nothing', (_what, act) => {
    rig.begin();
    rig.assign(task(1));
    rig.said();
    act();
    expect(rig.said()).toEqual([]);
    expect(rig.heard).toEqual(['begin 1']);
  });
});

describe('an attempt that takes longer than it may', () => {
  test('gets its signal and is handed in as failed at once, whatever its handler does later', () => {
    rig.begin();
    rig.assign(task(1, { timeoutMs: 500 }), task(2, { timeoutMs: 700 }));
    rig.pass(taskStartedMs);
    rig.said();
    expect(rig.bench.nextDeadline()).toBe(rig.now + 500 - taskStartedMs);
    rig.pass(499 - taskStartedMs);
    expect(rig.handedIn()).toEqual([]);
    rig.pass(1);
    expect(rig.heard.at(-1)).toBe('stop 1: took longer than 500 ms');
    expect(rig.handedIn()).toEqual(['1 failed: took longer than 500 ms']);
    rig.end(1);
    expect(rig.handedIn()).toEqual([]);
    rig.pass(200);
    expect(rig.handedIn()).toEqual(['2 failed: took longer than 700 ms']);
  });

  test('keeps its place until its handler has returned', () => {
    rig.begin([{ ...render, concurrency: 1, queue: 0 }]);
    rig.assign(task(1, { timeoutMs: 500 }));
    rig.pass(500);
    rig.settle(1);
    expect(rig.answers(offer(2))).toEqual(['2 runs 1 of 1 of "render"']);
    rig.fail(1);
    expect(rig.answers(offer(2, {}, 99))).toEqual(['2 yes']);
  });

  test('is handed in once, also where its handler returns as the signal fires', () => {
    rig.begin();
    rig.assign(task(1, { timeoutMs: 500 }));
    rig.onEvent = () => rig.fail(1);
    rig.pass(500);
    expect(rig.handedIn()).toEqual(['1 failed: took longer than 500 ms']);
  });

  test('does not end before it has begun', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2, { timeoutMs: 500 }));
    rig.pass(600);
    rig.end(1);
    rig.pass(499);
    expect(rig.handedIn()).toEqual(['1 done']);
    rig.pass(1);
    expect(rig.handedIn()).toEqual(['2 failed: took longer than 500 ms']);
  });
});

describe('on the worker’s disk', () => {
  test('is what could not be handed in for a while, until it is settled', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.end(1);
    rig.pass(1);
    rig.fail(2);
    rig.pass(taskResultOnDiskMs - 2);
    expect(rig.onDisk).toEqual([]);
    expect(rig.bench.nextDeadline()).toBe(rig.now + 1);
    rig.pass(1);
    expect(rig.onDisk).toEqual(['keep 1']);
    rig.pass(1);
    expect(rig.onDisk).toEqual(['keep 1', 'keep 2']);
    expect(rig.kept[0]).toMatchObject({
      store,
      n: 1,
      id: task(1).id,
      fence: 10,
      ending: { outcome: 'done', result },
    });
    rig.settle(1, 2);
    expect(rig.onDisk.slice(2)).toEqual(['drop 1', 'drop 2']);
  });

  test('is nothing that was settled in time, and nothing that has not run', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    rig.bench.drain();
    rig.end(1);
    rig.settle(1);
    rig.pass(2 * taskResultOnDiskMs);
    expect(rig.onDisk).toEqual([]);
  });

  test('what an earlier incarnation has left there is handed in once a broker of its store is there', () => {
    rig.begin();
    rig.assign(task(1));
    rig.end(1);
    rig.pass(taskResultOnDiskMs);
    rig.restart();
    rig.bench.brokerChanged(5);
    rig.bench.loaded(rig.kept);
    expect(rig.said()).toEqual([]);
    rig.bench.brokerChanged(store);
    expect(rig.said()).toMatchObject([
      { type: 'work', services: [], store, inHand: [{ n: 1, fence: 10, state: 'ended' }] },
      { type: 'ended', store, items: [{ n: 1, fence: 10, outcome: 'done', result }] },
    ]);
    rig.settle(1);
    expect(rig.onDisk).toEqual(['keep 1', 'drop 1']);
  });

  test('what is loaded after a broker is there is handed in at once', () => {
    rig.begin();
    rig.assign(task(1));
    rig.end(1);
    rig.pass(taskResultOnDiskMs);
    rig.restart();
    rig.bench.brokerChanged(store);
    rig.said();
    rig.bench.loaded(rig.kept);
    expect(rig.handedIn()).toEqual(['1 done']);
  });
});
