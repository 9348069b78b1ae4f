/** A worker's side: what it says, what it accepts, and what it begins. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  anywhere,
  capacity,
  offer,
  place,
  render,
  result,
  store,
  task,
  WorkbenchRig,
} from '../../../../test/core/workbench-rig.ts';
import { taskLimits } from './limits.ts';
import type { Assignment } from './messages.ts';

const { taskLeaseMs, taskRenewMs, taskOfferMs, taskStartedMs } = taskLimits;
let rig: WorkbenchRig;

beforeEach(() => {
  rig = new WorkbenchRig();
});

describe('a worker says what it works on', () => {
  test('to the broker, with its lease, and then nothing but its lease', () => {
    rig.bench.brokerChanged(store);
    rig.bench.work([render], capacity);
    rig.bench.flush();
    expect(rig.sent).toEqual([
      {
        ...{ type: 'work', opening: 1, services: [render], capacity, isDraining: false },
        ...{ stallToleranceMs: 3000, store, inHand: [] },
      },
      { type: 'renew', number: 1, figures: { load: 0.5, freeMemory: 1000, done: 0, failed: 0, meanMs: 0 } },
    ]);
    rig.said();
    rig.pass(taskRenewMs - 1);
    rig.bench.flush();
    expect(rig.sent).toEqual([]);
    rig.pass(1);
    rig.bench.flush();
    expect(rig.sent).toMatchObject([{ type: 'renew', number: 2 }]);
  });

  test('and a node that works on nothing says nothing', () => {
    rig.bench.brokerChanged(store);
    rig.bench.flush();
    rig.pass(60_000);
    rig.bench.flush();
    expect(rig.sent).toEqual([]);
    expect(rig.bench.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('again after each change, the end of it too, after which it renews no lease', () => {
    rig.begin();
    const more = [render, { ...render, service: 'mail' }];
    rig.bench.work(more, capacity);
    expect(rig.saidOf('work')).toMatchObject([{ services: more }]);
    rig.bench.work([], capacity);
    expect(rig.saidOf('work')).toMatchObject([{ services: [] }]);
    rig.pass(10 * taskRenewMs);
    expect(rig.sent).toEqual([]);
  });

  test('to the next broker, with what it has in hand', () => {
    rig.begin([{ ...render, queue: 2 }]);
    rig.assign(task(1), task(2), task(3), task(4));
    rig.end(1);
    rig.said();
    rig.bench.brokerChanged(store);
    expect(rig.saidOf('work')).toMatchObject([
      {
        store,
        inHand: [
          { n: 2, fence: 20, state: 'running' },
          { n: 3, fence: 30, state: 'running' },
          { n: 4, fence: 40, state: 'assigned' },
          { n: 1, fence: 10, state: 'ended' },
        ],
      },
    ]);
  });

  test('but not to the next broker where it works on nothing any more', () => {
    rig.begin();
    rig.bench.work([], capacity);
    rig.said();
    rig.bench.brokerChanged(store);
    expect(rig.said()).toEqual([]);
  });

  test('only once it is known which store it is about', () => {
    rig.bench.brokerChanged(undefined);
    rig.bench.work([render], capacity);
    expect(rig.said()).toEqual([]);
    expect(rig.bench.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    rig.bench.brokerChanged(store);
    expect(rig.said()).toMatchObject([{ type: 'work', store }]);
  });

  test('and how it is doing', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.pass(500);
    rig.end(1);
    rig.fail(2);
    rig.pass(taskRenewMs);
    rig.bench.flush();
    const renewal = rig.sent.findLast(({ type }) => type === 'renew');
    expect(renewal).toMatchObject({ figures: { done: 1, failed: 1, meanMs: 500 } });
  });
});

describe('an offer', () => {
  test('is accepted while the service has a place to run or to wait, and declined with the reason', () => {
    rig.begin();
    expect(rig.answers(offer(1), offer(2), offer(3), offer(4))).toEqual([
      '1 yes',
      '2 yes',
      '3 yes',
      '4 runs 2 of 2 of "render"',
    ]);
  });

  test('is accepted while there is room for what it needs', () => {
    rig.begin([{ ...render, queue: 0 }]);
    expect(rig.answers(offer(1, { cores: 5 }), offer(2, { cores: 4 }), offer(3, { cores: 3 }))).toEqual([
      '1 yes',
      '2 has 3 of 8 cores free',
      '3 yes',
    ]);
  });

  test('is declined where the service is another one, or the node has not what it needs, also while one may wait', () => {
    rig.begin();
    expect(rig.answers(offer(1, {}, 1, 'mail'), offer(2, { cores: 9 }))).toEqual([
      '1 offers no "mail"',
      '2 has 8 cores, 9 are needed',
    ]);
  });

  test('that comes twice gets the same answer again, and takes room once', () => {
    rig.begin([{ ...render, queue: 0 }]);
    expect(rig.answers(offer(1), offer(1))).toEqual(['1 yes', '1 yes']);
    expect(rig.answers(offer(2), offer(3))).toEqual(['2 yes', '3 runs 2 of 2 of "render"']);
    rig.bench.received({ type: 'withdrawn', store, ns: [2] });
    expect(rig.answers(offer(3))).toEqual(['3 runs 2 of 2 of "render"']);
    expect(rig.answers(offer(3, {}, 99))).toEqual(['3 yes']);
    rig.assign(task(1));
    expect(rig.answers(offer(1))).toEqual(['1 yes']);
    rig.end(1);
    expect(rig.answers(offer(4), offer(5))).toEqual(['4 yes', '5 runs 2 of 2 of "render"']);
  });

  test.each([
    ['withdrawn', () => rig.bench.received({ type: 'withdrawn', store, ns: [1] })],
    ['not assigned for a while', () => rig.passRenewed(3 * taskOfferMs)],
    ['of a broker that is followed no longer', () => rig.bench.brokerChanged(store)],
  ])('keeps its room no longer where it is %s', (_what, act) => {
    rig.begin([{ ...render, concurrency: 1, queue: 0 }]);
    expect(rig.answers(offer(1), offer(2))).toEqual(['1 yes', '2 runs 1 of 1 of "render"']);
    act();
    expect(rig.answers(offer(2, {}, 99))).toEqual(['2 yes']);
  });

  test('keeps its room from tasks that wait here, which begin once it is free', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.answers(offer(1));
    rig.assign(task(2));
    expect(rig.heard).toEqual([]);
    rig.pass(3 * taskOfferMs);
    expect(rig.heard).toEqual(['begin 2']);
  });

  test('frees its room once, also where its task is here by then', () => {
    rig.begin([{ ...render, concurrency: 1, queue: 0 }]);
    rig.answers(offer(1));
    rig.assign(task(1));
    rig.passRenewed(3 * taskOfferMs);
    expect(rig.answers(offer(2))).toEqual(['2 runs 1 of 1 of "render"']);
  });

  test('keeps its room until then', () => {
    rig.begin([{ ...render, concurrency: 1, queue: 0 }]);
    rig.answers(offer(1));
    rig.passRenewed(3 * taskOfferMs - 1);
    expect(rig.answers(offer(2))).toEqual(['2 runs 1 of 1 of "render"']);
  });

  test('is not begun at once while the worker is kept free for a task that was passed often', () => {
    rig.begin([{ ...render, concurrency: 4, queue: 1 }]);
    rig.assign(task(1, { needs: { ...anywhere, cores: 5 } }), task(2, { needs: { ...anywhere, cores: 8 } }));
    for (let i = 0; i < taskLimits.taskPassedMax; i++) {
      rig.assign(task(100 + i));
      rig.end(100 + i);
    }
    expect(rig.answers(offer(3))).toEqual([`3 is kept free for task ${task(2).id}`]);
    rig.end(1);
    expect(rig.heard.at(-1)).toBe('begin 2');
    expect(rig.answers(offer(3, {}, 99))).toEqual(['3 yes']);
  });
});

describe('an assigned task', () => {
  test('is begun where there is a place, and that is said a little later, all of one turn in one message', () => {
    rig.begin();
    rig.assign(task(1), task(2), task(3));
    expect(rig.heard).toEqual(['begin 1', 'begin 2']);
    rig.pass(taskStartedMs - 1);
    expect(rig.saidOf('started')).toEqual([]);
    expect(rig.bench.nextDeadline()).toBe(rig.now + 1);
    rig.pass(1);
    expect(rig.saidOf('started')).toMatchObject([
      {
        store,
        attempts: [
          { n: 1, fence: 10 },
          { n: 2, fence: 20 },
        ],
      },
    ]);
    rig.end(1);
    expect(rig.heard.at(-1)).toBe('begin 3');
    expect(rig.bench.counts).toEqual({ running: 2, waiting: 0 });
  });

  test('begins once there is room for it, and smaller ones pass it', () => {
    rig.begin();
    const needs = (cores: number): Partial<Assignment> => ({ needs: { ...anywhere, cores } });
    rig.assign(task(1, needs(6)), task(2, needs(4)), task(3, needs(2)));
    expect(rig.heard).toEqual(['begin 1', 'begin 3']);
    rig.end(3);
    expect(rig.heard).toHaveLength(2);
    rig.end(1);
    expect(rig.heard.at(-1)).toBe('begin 2');
  });

  test('of priority 1 is next, of 2 in the middle, of 3 the last', () => {
    rig.begin([{ ...render, concurrency: 1, queue: 9 }]);
    rig.assign(task(1), task(2), task(3), task(4, { priority: 2 }), task(5, { priority: 1 }));
    for (const n of [1, 5, 2, 4]) rig.end(n);
    expect(rig.heard.map((each) => each.slice('begin '.length))).toEqual(['1', '5', '2', '4', '3']);
  });

  test('is not begun again where it is said twice, also after its end', () => {
    rig.begin();
    rig.assign(task(1));
    rig.assign(task(1));
    rig.end(1);
    rig.settle(1);
    rig.assign(task(1));
    expect(rig.heard).toEqual(['begin 1']);
    // Another claim of it is another attempt.
    rig.assign(task(1, { fence: 11, attempt: 2 }));
    expect(rig.heard).toEqual(['begin 1', 'begin 1']);
  });

  test('that this worker cannot run is given back', () => {
    rig.begin();
    rig.assign(task(1, { service: 'mail' }), task(2, { needs: { ...anywhere, cores: 9 } }));
    expect(rig.handedIn()).toEqual([
      '1 given-back: offers no "mail"',
      '2 given-back: has 8 cores, 9 are needed',
    ]);
    expect(rig.bench.counts.waiting).toBe(0);
  });

  test('is given back where more wait here than may', () => {
    const { taskQueueMax, taskConcurrencyMax } = taskLimits;
    rig.begin([{ ...render, concurrency: 1 }]);
    const count = 1 + taskQueueMax + taskConcurrencyMax;
    for (let n = 1; n <= count; n++) rig.assign(task(n));
    expect(rig.bench.counts).toEqual({ running: 1, waiting: count - 1 });
    rig.assign(task(count + 1));
    expect(rig.handedIn()).toEqual([`${count + 1} given-back: its own queue is full`]);
  });

  test('is given back where its service is offered no longer, and what runs goes on', () => {
    rig.begin([
      { ...render, concurrency: 1 },
      { ...render, service: 'mail' },
    ]);
    rig.assign(task(1), task(2));
    rig.bench.work([{ ...render, service: 'mail' }], capacity);
    expect(rig.handedIn()).toEqual(['2 given-back: offers no "render"']);
    rig.end(1);
    expect(rig.handedIn()).toEqual(['1 done']);
  });

  test('has its input in memory of its own', () => {
    const begun: Assignment[] = [];
    const message = new Uint8Array(1000);
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.onEvent = (event) => event.type === 'begin' && begun.push(event.task);
    rig.assign(task(1, { input: { encoding: 0, body: message.subarray(10, 12) } }));
    expect(begun[0]?.input.body.buffer.byteLength).toBe(2);
  });
});

describe('with a broker of another store', () => {
  test('what is in hand is not said, what runs goes on, and what has not begun is not begun any more', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    rig.said();
    rig.bench.brokerChanged(5);
    expect(rig.said()).toMatchObject([{ type: 'work', store: 5, inHand: [] }]);
    rig.passRenewed(2 * taskLeaseMs);
    rig.end(1);
    expect(rig.said()).toEqual([]);
    expect(rig.heard).toEqual(['begin 1']);
    rig.bench.brokerChanged(store);
    expect(rig.said()).toMatchObject([
      { type: 'work', store, inHand: [{ n: 1, state: 'ended' }] },
      { type: 'ended', store, items: [{ n: 1, outcome: 'done' }] },
    ]);
  });

  test('what was not begun may be assigned again by its own store', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    rig.bench.brokerChanged(5);
    rig.bench.brokerChanged(store);
    rig.end(1);
    rig.assign(task(2));
    rig.said();
    expect(rig.heard).toEqual(['begin 1', 'begin 2']);
  });

  test('what was assigned before the broker heard what is in hand is not begun: it is given to another one', () => {
    rig.begin();
    const { opening } = rig;
    expect(rig.answers(offer(1))).toEqual(['1 yes']);
    rig.bench.brokerChanged(store);
    expect(rig.saidOf('work')).toMatchObject([{ opening: opening + 1, inHand: [] }]);
    rig.bench.received({ type: 'assigned', store, opening, tasks: [task(1)] });
    expect(rig.heard).toEqual([]);
    rig.assign(task(1));
    expect(rig.heard).toEqual(['begin 1']);
  });

  test('its tasks are others, though their places and claims are the same', () => {
    rig.begin();
    rig.assign(task(1));
    rig.bench.brokerChanged(5);
    rig.bench.received({ type: 'assigned', store: 5, opening: rig.opening, tasks: [task(1)] });
    expect(rig.heard).toEqual(['begin 1', 'begin 1']);
    rig.bench.ended(place(1, 5), { outcome: 'done', result });
    expect(rig.saidOf('ended')).toMatchObject([{ store: 5, items: [{ n: 1 }] }]);
    expect(rig.bench.counts.running).toBe(1);
  });
});
