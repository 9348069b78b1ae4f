/** Who follows a task hears how it is, also where the broker cannot know at once what the store has. */
import { beforeEach, expect, test } from 'vitest';
import { OfficeRig } from '../../../../../test/core/office-rig.ts';
import { result, store } from '../../../../../test/core/workbench-rig.ts';
import { taskLimits } from '../limits.ts';
import type { TaskOffer } from '../messages.ts';

const follower = 50;
const id = '1'.padStart(32, '0');
let rig: OfficeRig;
let attempt: { readonly n: number; readonly fence: number };

const news = () => rig.heard(follower, 'news').flatMap((message) => message.news);

/** It runs, and somebody follows it. */
beforeEach(() => {
  rig = new OfficeRig();
  rig.works(1);
  const n = rig.order();
  const [offer] = rig.heard(1, 'offers').flatMap(({ offers }) => offers) as [TaskOffer];
  rig.says(1, { type: 'answers', store, answers: [{ n, offer: offer.offer, declined: '' }] });
  attempt = { n, fence: 1 };
  rig.says(1, { type: 'started', store, attempts: [attempt] });
  rig.says(follower, { type: 'follow', ids: [id] });
  expect(news()).toMatchObject([{ id, state: 'running' }]);
});

const end = (): void => {
  const item = { ...attempt, outcome: 'done', isFinal: false, result, reason: '' } as const;
  rig.says(1, { type: 'ended', store, items: [item] });
};

test('an end is heard though what became of it in the store was unknown', () => {
  rig.lose('end');
  end();
  expect(news()).toEqual([]);
  rig.pass(2 * taskLimits.taskStoreAgainMs);
  expect(news()).toMatchObject([{ id, state: 'done', results: [result] }]);
  expect(rig.heard(1, 'settled').flatMap(({ items }) => items)).toMatchObject([{ isAccepted: true }]);
});

test.each(['status', 'results'])(
  'who begins to follow one that has ended hears so, though `%s` could not be read',
  (verb) => {
    end();
    news();
    rig.lose(verb);
    rig.says(follower, { type: 'follow', ids: [id] });
    expect(news()).toEqual([]);
    rig.pass(2 * taskLimits.taskStoreAgainMs);
    expect(news()).toMatchObject([{ id, state: 'done', results: [result] }]);
  },
);

test('what goes on is said once more, and nothing of what is not followed', () => {
  rig.order();
  rig.lose('started');
  rig.says(1, { type: 'started', store, attempts: [attempt] });
  rig.pass(2 * taskLimits.taskStoreAgainMs);
  expect(news()).toMatchObject([{ id, state: 'running' }]);
});
