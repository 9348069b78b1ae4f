/** A worker's side: when it has to let go of what it has. */
import { beforeEach, describe, expect, test } from 'vitest';
import { capacity, offer, render, store, task, WorkbenchRig } from '../../../../test/core/workbench-rig.ts';
import { taskLimits } from './limits.ts';

const { taskLeaseMs, taskLeaseMarginMs, taskRenewMs } = taskLimits;
let rig: WorkbenchRig;

beforeEach(() => {
  rig = new WorkbenchRig();
});

describe('the lease', () => {
  const endsAfterMs = taskLeaseMs - taskLeaseMarginMs;
  const leaseOver = 'the lease is over: the broker cannot be reached';

  /** It is renewed in this moment for the last time. */
  function isolate(): void {
    rig.pass(taskRenewMs);
    rig.said();
    rig.renews = false;
  }

  test('has to be held before anything begins', () => {
    rig.renews = false;
    rig.begin();
    rig.assign(task(1));
    expect(rig.heard).toEqual([]);
    rig.renews = true;
    rig.pass(taskRenewMs);
    rig.said();
    expect(rig.heard).toEqual(['begin 1']);
  });

  test('fires the signals of all that runs as it is over, and what has not begun is given back', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    isolate();
    rig.pass(endsAfterMs - 1);
    expect(rig.heard).toEqual(['begin 1']);
    expect(rig.bench.nextDeadline()).toBeLessThanOrEqual(rig.now + 1);
    rig.pass(1);
    expect(rig.heard).toEqual(['begin 1', `stop 1: ${leaseOver}`]);
    expect(rig.logged).toEqual([leaseOver]);
    expect(rig.handedIn()).toEqual([`2 given-back: ${leaseOver}`]);
    rig.end(1);
    // The result is handed in all the same, and the broker decides. Nothing is begun.
    expect(rig.handedIn()).toEqual(['1 done']);
    rig.assign(task(3));
    expect(rig.heard).toHaveLength(2);
    rig.renews = true;
    rig.pass(taskRenewMs);
    rig.said();
    expect(rig.heard.at(-1)).toBe('begin 3');
  });

  test('is over after a suspend, though the monotonic clock stood still, before anything else is done', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    isolate();
    rig.wallAhead += endsAfterMs;
    rig.bench.received({ type: 'withdrawn', store, ns: [] });
    expect(rig.heard).toEqual(['begin 1', `stop 1: ${leaseOver}`]);
    rig.fail(1);
    expect(rig.handedIn()).toEqual([`2 given-back: ${leaseOver}`, '1 failed: broken']);
  });

  test('that is over lets nothing begin that was assigned before, also where that comes later, as it is held again', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    isolate();
    rig.now += endsAfterMs;
    // Sent while this node stood still, and read before it has said anything.
    rig.assign(task(3));
    rig.end(1);
    rig.renews = true;
    rig.pass(taskRenewMs);
    const [work] = rig.saidOf('work');
    expect(work?.inHand).toEqual([
      { n: 2, fence: 20, state: 'ended' },
      { n: 1, fence: 10, state: 'ended' },
    ]);
    expect(rig.heard).toEqual(['begin 1', `stop 1: ${leaseOver}`]);
    // The broker has claimed it for this worker again.
    rig.assign(task(3, { fence: 31 }));
    expect(rig.heard.at(-1)).toBe('begin 3');
  });

  test('is looked at before the next one begins as a handler ends, though no timer has run yet', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    isolate();
    rig.now += endsAfterMs;
    rig.end(1);
    expect(rig.heard).toEqual(['begin 1']);
    expect(rig.handedIn()).toEqual(['1 done', `2 given-back: ${leaseOver}`]);
  });

  test('is asked for at once of another broker, and what was asked of the one before renews nothing', () => {
    rig.renews = false;
    rig.begin();
    rig.assign(task(1));
    rig.bench.brokerChanged(store);
    rig.bench.flush();
    expect(rig.sent).toMatchObject([{ type: 'work' }, { type: 'renew', number: 2 }]);
    rig.assign(task(1));
    rig.bench.received({ type: 'renewed', number: 1, leaseMs: taskLeaseMs });
    expect(rig.heard).toEqual([]);
    rig.bench.received({ type: 'renewed', number: 2, leaseMs: taskLeaseMs });
    expect(rig.heard).toEqual(['begin 1']);
  });

  test('holds while it is renewed', () => {
    rig.begin();
    rig.assign(task(1));
    rig.passRenewed(10 * taskLeaseMs);
    expect(rig.heard).toEqual(['begin 1']);
  });

  test('is all that an idle worker says in a minute: one message every 3 s, and nothing is written', () => {
    rig.begin();
    const renewals: string[] = [];
    for (let ms = 0; ms < 60_000; ms += 100) {
      rig.pass(100);
      rig.bench.flush();
      const sent = rig.sent.splice(0);
      renewals.push(...sent.map(({ type }) => type));
      for (const message of sent)
        if (message.type === 'renew')
          rig.bench.received({ type: 'renewed', number: message.number, leaseMs: taskLeaseMs });
    }
    expect(renewals).toEqual(Array.from({ length: 60_000 / taskRenewMs }, () => 'renew'));
    expect([rig.onDisk, rig.logged]).toEqual([[], []]);
  });

  test('is renewed for what is in hand, also where the node works on nothing more', () => {
    rig.begin();
    rig.assign(task(1));
    rig.bench.work([], capacity);
    rig.passRenewed(10 * taskLeaseMs);
    expect(rig.heard).toEqual(['begin 1']);
    rig.end(1);
    rig.said();
    rig.settle(1);
    rig.pass(taskRenewMs);
    rig.bench.flush();
    expect(rig.sent).toEqual([]);
  });
});

describe('draining', () => {
  const draining = 'its worker is draining';

  test('declines offers, gives back what has not begun, and lets go on what runs', () => {
    rig.begin([{ ...render, concurrency: 1 }]);
    rig.assign(task(1), task(2));
    rig.said();
    rig.bench.drain();
    expect(rig.said()).toMatchObject([
      {
        type: 'work',
        isDraining: true,
        inHand: [
          { n: 1, state: 'running' },
          { n: 2, state: 'ended' },
        ],
      },
      { type: 'ended', items: [{ n: 2, outcome: 'given-back', reason: draining }] },
    ]);
    expect(rig.answers(offer(3))).toEqual(['3 is draining']);
    rig.assign(task(4));
    expect(rig.handedIn()).toEqual(['4 given-back: is draining']);
    expect(rig.heard).toEqual(['begin 1']);
    rig.end(1);
    expect(rig.handedIn()).toEqual(['1 done']);
  });

  test('at once fires the signals: what ends by them is given back, and what has a result is done', () => {
    rig.begin();
    rig.assign(task(1), task(2));
    rig.bench.drain(1000);
    expect(rig.heard.slice(2)).toEqual([`stop 1: ${draining}`, `stop 2: ${draining}`]);
    rig.fail(1, 'aborted');
    rig.end(2);
    expect(rig.handedIn()).toEqual(['1 given-back: aborted', '2 done']);
  });

  test('at once gives back after a while what has not ended', () => {
    rig.begin();
    rig.assign(task(1));
    rig.bench.drain(1000);
    rig.pass(999);
    expect(rig.handedIn()).toEqual([]);
    rig.pass(1);
    expect(rig.handedIn()).toEqual([`1 given-back: ${draining}, and it did not end in time`]);
    rig.end(1);
    expect(rig.handedIn()).toEqual([]);
  });

  test('at once does not give back what has taken too long before', () => {
    rig.begin();
    rig.assign(task(1, { timeoutMs: 500 }));
    rig.pass(500);
    rig.bench.drain(1000);
    rig.pass(1000);
    expect(rig.handedIn()).toEqual(['1 failed: took longer than 500 ms']);
  });

  test('can be taken back', () => {
    rig.begin();
    rig.bench.drain();
    rig.bench.resume();
    expect(rig.saidOf('work')).toMatchObject([{ isDraining: false }]);
    expect(rig.answers(offer(3))).toEqual(['3 yes']);
  });
});

describe('that the broker knows of the work', () => {
  test('is heard once a renewal that was sent after it is answered', () => {
    rig.renews = false;
    rig.bench.brokerChanged(store);
    const word = rig.bench.work([render], capacity);
    rig.said();
    rig.pass(taskRenewMs - 1);
    rig.said();
    expect(rig.knownWord).toBe(0);
    rig.renews = true;
    rig.pass(1);
    rig.said();
    expect(rig.knownWord).toBe(word);
  });

  test('is asked for at once, also where the lease has just been renewed', () => {
    rig.begin();
    const word = rig.bench.work([render, { ...render, service: 'encode' }], capacity);
    rig.said();
    expect(rig.knownWord).toBe(word);
    rig.sent = [];
    rig.bench.flush();
    expect(rig.sent).toEqual([]);
  });

  test('is not what another broker has answered', () => {
    rig.renews = false;
    rig.bench.brokerChanged(store);
    const word = rig.bench.work([render], capacity);
    rig.bench.flush();
    const renewals = rig.sent
      .splice(0)
      .flatMap((message) => (message.type === 'renew' ? [message.number] : []));
    rig.bench.brokerChanged(store);
    for (const number of renewals) rig.bench.received({ type: 'renewed', number, leaseMs: taskLeaseMs });
    expect([renewals.length, rig.knownWord]).toEqual([1, 0]);
    rig.renews = true;
    rig.said();
    expect(rig.knownWord).toBe(word);
  });
});
