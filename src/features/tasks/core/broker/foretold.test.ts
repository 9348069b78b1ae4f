/** Workers are asked about an order while the store takes it: what is said to them depends on what the store has then. */
import { beforeEach, expect, test } from 'vitest';
import { OfficeRig } from '../../../../../test/core/office-rig.ts';
import { store } from '../../../../../test/core/workbench-rig.ts';
import type { TaskOffer } from '../messages.ts';

const author = 99;
const known = { key: 'known', digest: 'd'.repeat(64) };
let rig: OfficeRig;

/** The broker knows its places in the store from the first order on. */
beforeEach(() => {
  rig = new OfficeRig();
  rig.works(1);
  rig.order(known);
  finish(taken());
  rig.heard(author, 'ordered');
});

const offers = (): TaskOffer[] => rig.heard(1, 'offers').flatMap(({ offers }) => offers);
const assigned = () => rig.heard(1, 'assigned').flatMap(({ tasks }) => tasks);
const withdrawn = () => rig.heard(1, 'withdrawn').flatMap(({ ns }) => ns);

function taken(): TaskOffer {
  const [offer] = offers() as [TaskOffer];
  const { n, offer: number } = offer;
  rig.says(1, { type: 'answers', store, answers: [{ n, offer: number, declined: '' }] });
  return offer;
}

function finish({ n }: TaskOffer): void {
  const fence = assigned()[0]?.fence ?? 0;
  const result = { encoding: 0, body: new Uint8Array(0) };
  const item = { n, fence, outcome: 'done', isFinal: false, result, reason: '' } as const;
  rig.says(1, { type: 'ended', store, items: [item] });
  rig.heard(1, 'settled');
}

test('its claim goes to the store right behind the order, and the worker has it once both are there', () => {
  rig.hold();
  const n = rig.order();
  const offer = taken();
  expect([offer.n, rig.state(n), assigned(), rig.heard(author, 'ordered')]).toEqual([n, 'assigned', [], []]);
  rig.release();
  expect(assigned()).toMatchObject([{ n, fence: 2 }]);
  expect(rig.heard(author, 'ordered')).toHaveLength(1);
});

test('a worker that answers later is given it as ever', () => {
  rig.hold();
  const n = rig.order();
  rig.release();
  const offer = taken();
  expect([offer.n, assigned().map((task) => task.n), withdrawn()]).toEqual([n, [n], []]);
});

test.each([
  ['before its answer', false],
  ['after its answer', true],
])('an order that is a repeat is withdrawn from the worker that was asked, %s', (_, isTaken) => {
  rig.hold();
  rig.order(known);
  const [offer] = isTaken ? [taken()] : (offers() as [TaskOffer]);
  rig.release();
  expect([withdrawn(), assigned()]).toEqual([[offer.n], []]);
  expect(rig.heard(author, 'ordered')).toMatchObject([{ outcomes: [{ ok: true, isRepeat: true }] }]);
  // The place is that of the next one, which nothing of it follows.
  const n = rig.order();
  expect(n).toBe(offer.n);
  finish(taken());
  expect(rig.head(n)).toBe(undefined);
});

test.each([
  ['before that one is stored', true],
  ['after it', false],
])('a claim at a place that has come to another task is void, %s: that one has its turn', (_, isBefore) => {
  rig.hold();
  const foretold = rig.order(known);
  const early = isBefore ? [taken()] : [];
  const n = rig.order();
  const [offer] = isBefore ? early : [taken()];
  expect([foretold, offer?.n]).toEqual([0, n]);
  rig.release();
  expect([withdrawn(), assigned(), rig.head(n)?.state]).toEqual([[n], [], 'queued']);
  finish(taken());
  expect(rig.head(n)).toBe(undefined);
});

test.each([
  ['waits', { delayMs: 5 }],
  ['waits for another one', { after: ['1'.padStart(32, '0')] }],
  ['is refused', { after: ['7'.padStart(32, '0')] }],
])('no worker is asked about an order that %s', (_, more) => {
  rig.hold();
  rig.order(more);
  expect(offers()).toEqual([]);
});
