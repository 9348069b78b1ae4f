/** Members that lie to the broker about tasks: what they say is refused and changes nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import { OfficeRig } from '../../../../../test/core/office-rig.ts';
import { anywhere, result, store } from '../../../../../test/core/workbench-rig.ts';
import { taskLimits } from '../limits.ts';
import type { Attempt, HandedIn, InHand, TaskOffer } from '../messages.ts';
import { StaleNotes } from './stale-notes.ts';

const nothing = { encoding: 0, body: new Uint8Array(0) };
const follower = 50;
let rig: OfficeRig;

beforeEach(() => {
  rig = new OfficeRig();
});

function offersTo(node: number): TaskOffer[] {
  return rig.heard(node, 'offers').flatMap(({ offers }) => offers);
}

function takes(node: number, { n, offer }: TaskOffer): void {
  rig.says(node, { type: 'answers', store, answers: [{ n, offer, declined: '' }] });
}

/** It is the only worker that can take one. */
function isGiven(node: number): Attempt {
  const [offer] = offersTo(node) as [TaskOffer];
  takes(node, offer);
  const [assigned] = rig.heard(node, 'assigned').flatMap(({ tasks }) => tasks);
  return { n: assigned?.n ?? 0, fence: assigned?.fence ?? 0 };
}

function begins(node: number, attempt: Attempt): void {
  rig.says(node, { type: 'started', store, attempts: [attempt] });
}

function handsIn(node: number, attempt: Attempt, outcome: HandedIn['outcome'] = 'done'): boolean[] {
  const how = outcome === 'done' ? { result, reason: '' } : { result: nothing, reason: 'a lie' };
  rig.says(node, { type: 'ended', store, items: [{ ...attempt, outcome, isFinal: false, ...how }] });
  return rig.heard(node, 'settled').flatMap(({ items }) => items.map(({ isAccepted }) => isAccepted));
}

/** The first attempt of `w1` has failed, `w2` runs the second one, and `w1` is here. */
function secondAttempt(): { readonly older: Attempt; readonly current: Attempt } {
  const n = rig.order({ attempts: 2 });
  rig.works(1);
  const older = isGiven(1);
  handsIn(1, older, 'failed');
  rig.works(1, { opening: 2, services: [] });
  rig.works(2);
  rig.pass(2000);
  const current = isGiven(2);
  begins(2, current);
  rig.works(1, { opening: 3 });
  expect([older.n, current.n, rig.state(n)]).toEqual([n, n, 'running']);
  rig.says(follower, { type: 'follow', ids: [rig.head(n)?.id ?? ''] });
  rig.heard(follower, 'news');
  rig.logged();
  return { older, current };
}

const outcomes = ['done', 'failed', 'stopped', 'given-back'] as const;

describe.each([
  ['an older one', ({ older }) => older, 'the last fence is 2'],
  ['one that it has invented', ({ current: { n } }) => ({ n, fence: 700 }), 'the last fence is 2'],
  ['that of another worker', ({ current }) => current, 'w2 has it'],
] as [string, (known: { older: Attempt; current: Attempt }) => Attempt, string][])(
  'a worker that lies about its fence, and names %s',
  (_which, fenceOf, why) => {
    test.each(outcomes)('ends nothing as %s: it is refused and in the log', (outcome) => {
      const known = secondAttempt();
      const head = rig.head(known.current.n);
      const named = fenceOf(known);
      expect(handsIn(1, named, outcome)).toEqual([false]);
      expect(rig.logged()).toEqual([`task.stale w1 ${outcome} with fence ${named.fence}: ${why}`]);
      expect(rig.head(known.current.n)).toEqual(head);
      expect(rig.heard(follower, 'news')).toEqual([]);
      expect(handsIn(2, known.current)).toEqual([true]);
      expect(rig.state(known.current.n)).toBe('done');
    });

    test('begins nothing', () => {
      const known = secondAttempt();
      const other = rig.order({ needs: { ...anywhere, node: 'w2' } });
      const assigned = isGiven(2);
      const before = rig.everything();
      for (const attempt of [fenceOf(known), { ...assigned, fence: fenceOf(known).fence }, assigned])
        begins(1, attempt);
      expect(rig.everything()).toBe(before);
      expect(rig.state(other)).toBe('assigned');
      begins(2, assigned);
      expect(rig.state(other)).toBe('running');
    });

    test('reports no progress', () => {
      const known = secondAttempt();
      const report = (node: number, attempt: Attempt, share: number): void =>
        rig.says(node, { type: 'progress', store, items: [{ ...attempt, share, note: `by w${node}` }] });
      report(1, fenceOf(known), 0.9);
      expect(rig.heard(follower, 'news')).toEqual([]);
      report(2, known.current, 0.1);
      expect(rig.heard(follower, 'news').flatMap(({ news }) => news)).toMatchObject([{ note: 'by w2' }]);
    });
  },
);

test('a worker that lies of a task that has ended changes nothing, and what it says is in the log', () => {
  const { current } = secondAttempt();
  handsIn(2, current);
  rig.logged();
  const before = rig.everything();
  for (const outcome of outcomes) expect(handsIn(1, current, outcome)).toEqual([false]);
  expect(rig.logged()).toEqual(
    outcomes.map((outcome) => `task.stale w1 ${outcome} with fence 2: the task is done`),
  );
  // That is the log.
  expect(JSON.parse(rig.everything()).slice(0, 2)).toEqual(JSON.parse(before).slice(0, 2));
});

test('a worker that hands in invented ends without end has a limited number of rows in the log, and others have theirs', () => {
  const { taskStaleNotedMax, taskStaleNotedMs, tasksPerClaimMax } = taskLimits;
  const { current } = secondAttempt();
  const item = { n: current.n, fence: 700, outcome: 'done', isFinal: false, result, reason: '' } as const;
  const items = Array.from({ length: tasksPerClaimMax }, () => item);
  const lies = (): number => {
    let noted = 0;
    for (let said = 0; said < 2 * taskStaleNotedMax; said += items.length) {
      rig.says(1, { type: 'ended', store, items });
      noted += rig.logged().filter((line) => line.startsWith('task.stale w1')).length;
    }
    const settled = rig.heard(1, 'settled').flatMap((message) => message.items);
    expect(settled.filter(({ isAccepted }) => isAccepted)).toEqual([]);
    return noted;
  };
  expect([lies(), lies()]).toEqual([taskStaleNotedMax, 0]);
  rig.now += taskStaleNotedMs / 4;
  expect(lies()).toBe(taskStaleNotedMax / 4);
  rig.works(3);
  handsIn(3, current);
  expect(rig.logged().filter((line) => line.startsWith('task.stale'))).toHaveLength(1);
});

test('rows that were reserved for ends that were accepted are free again', () => {
  const { taskStaleNotedMax } = taskLimits;
  const notes = new StaleNotes();
  expect(notes.reserve('w', taskStaleNotedMax - 1, 0)).toBe(taskStaleNotedMax - 1);
  expect(notes.reserve('w', 5, 0)).toBe(1);
  expect(notes.reserve('v', 5, 0)).toBe(5);
  notes.unused('w', 3);
  expect(notes.reserve('w', 5, 0)).toBe(3);
  expect(notes.reserve('w', 5, 0)).toBe(0);
});

test('a worker that claims to have what it was never given is to stop it, and nothing else follows', () => {
  const { older, current } = secondAttempt();
  const waiting = rig.order({ service: 'other' });
  const before = rig.everything();
  const claimed: InHand[] = [
    { ...older, state: 'running' },
    { ...current, state: 'running' },
    { n: waiting, fence: 3, state: 'assigned' },
    { n: 4000, fence: 1, state: 'running' },
  ];
  rig.works(1, { opening: 4, inHand: claimed });
  const stopped = rig.heard(1, 'stop').flatMap(({ items }) => items.map(({ n, fence }) => ({ n, fence })));
  expect(stopped).toEqual(claimed.map(({ n, fence }) => ({ n, fence })));
  expect(rig.everything()).toBe(before);
  expect(rig.heard(2, 'stop')).toEqual([]);
  // Its end, and that of its lease, take nothing from the other one.
  for (let s = 0; s < 20; s++) {
    rig.pass(1000);
    renews(2);
  }
  expect(rig.forgotten).toEqual([1]);
  expect(rig.everything()).toBe(before);
  expect(handsIn(2, current)).toEqual([true]);
});

test('a worker that answers an offer twice has the task once', () => {
  rig.works(1);
  const n = rig.order();
  const [offer] = offersTo(1) as [TaskOffer];
  takes(1, offer);
  takes(1, offer);
  rig.says(1, { type: 'answers', store, answers: [{ n, offer: offer.offer, declined: 'no more' }] });
  const assigned = rig.heard(1, 'assigned').flatMap(({ tasks }) => tasks);
  expect(assigned.map(({ fence }) => fence)).toEqual([1]);
  expect(rig.head(n)).toMatchObject({ state: 'assigned', attempt: 1, worker: 'w1' });
  // Its own answer does not take from it what it has.
  expect(rig.heard(1, 'withdrawn')).toEqual([]);
});

test('a worker that answers an offer late, or one to another worker, is given nothing', () => {
  rig.works(1);
  const n = rig.order();
  const [late] = offersTo(1) as [TaskOffer];
  rig.pass(taskLimits.taskOfferMs);
  expect(rig.heard(1, 'withdrawn')).toMatchObject([{ ns: [n] }]);
  rig.works(2);
  const [open] = offersTo(2) as [TaskOffer];
  const before = rig.everything();
  for (const offer of [late, open, { ...open, offer: open.offer + 1 }]) takes(1, offer);
  expect(rig.heard(1, 'withdrawn').flatMap(({ ns }) => ns)).toEqual([n, n, n]);
  expect(rig.everything()).toBe(before);
  takes(2, open);
  const current = rig.heard(2, 'assigned').flatMap(({ tasks }) => tasks);
  expect(current).toMatchObject([{ n, fence: 1 }]);
  for (const offer of [late, open]) takes(1, offer);
  expect(rig.heard(1, 'assigned')).toEqual([]);
  expect(rig.head(n)).toMatchObject({ state: 'assigned', worker: 'w2', attempt: 1 });
});

test('a worker whose lease is over, or that never began, renews nothing: its tasks end all the same', () => {
  rig.works(1);
  rig.works(2, { opening: 1, services: [] });
  const n = rig.order();
  const attempt = isGiven(1);
  begins(1, attempt);
  rig.pass(taskLimits.taskLeaseMs - 1000);
  // Neither in the name of nobody, nor as another run of its program.
  renews(2);
  renews(1, 2);
  rig.pass(1000);
  expect(rig.state(n)).toBe('lost');
  renews(1);
  expect(rig.heard(1, 'renewed')).toEqual([]);
  expect(rig.forgotten).toEqual([2, 1, 1, 1]);
  rig.logged();
  expect(handsIn(1, attempt)).toEqual([false]);
  expect(rig.logged()).toEqual(['task.stale w1 done with fence 1: the task is lost']);
});

function renews(node: number, life = 1): void {
  const figures = { load: 0, freeMemory: 0, done: 0, failed: 0, meanMs: 0 };
  rig.says(node, { type: 'renew', number: 1, figures }, life);
}
