import { expect, test } from 'vitest';
import { answerShare, Crowd } from './crowd.ts';
import { discoveryLimits } from './limits.ts';

test('each node is counted once, for one to two windows', () => {
  const crowd = new Crowd();
  for (const id of [1, 2, 2, 3]) crowd.heard(id, 0);
  expect([crowd.size(0), crowd.size(discoveryLimits.crowdWindowMs)]).toEqual([3, 3]);
  crowd.heard(4, discoveryLimits.crowdWindowMs);
  expect(crowd.size(2 * discoveryLimits.crowdWindowMs)).toBe(1);
  expect(crowd.size(10 * discoveryLimits.crowdWindowMs)).toBe(0);
});

test('a flood of names takes a bounded place', () => {
  const crowd = new Crowd();
  for (let id = 0; id < discoveryLimits.crowdMax + 100; id++) crowd.heard(id, 0);
  expect(crowd.size(0)).toBe(discoveryLimits.crowdMax);
});

test('all of a few answer, one in eight of more, and of very many as few as are needed', () => {
  const { solicitLimitNodes, solicitRatio, offersPerLink } = discoveryLimits;
  expect(answerShare(solicitLimitNodes, 3)).toBe(1);
  expect(answerShare(solicitLimitNodes + 1, 3)).toBe(1 / solicitRatio);
  expect(answerShare(5000, 3) * 5000).toBeCloseTo(3 * offersPerLink);
  expect(answerShare(5000, 0) * 5000).toBeCloseTo(offersPerLink);
});
