import { expect, test } from 'vitest';
import { discoveryLimits } from './limits.ts';
import { Unanswered } from './unanswered.ts';

const again = discoveryLimits.unansweredAfterMs;

test('the share grows each time that a node is heard again and still outside', () => {
  const unanswered = new Unanswered();
  expect(unanswered.heard(7, 0)).toBe(1);
  expect(unanswered.heard(7, again)).toBe(8);
  expect(unanswered.heard(7, 2 * again)).toBe(64);
  expect(unanswered.heard(8, 2 * again)).toBe(1);
});

test('what comes within a second counts as one', () => {
  const unanswered = new Unanswered();
  unanswered.heard(7, 0);
  expect(unanswered.heard(7, again - 1)).toBe(1);
  expect(unanswered.heard(7, again)).toBe(8);
  expect(unanswered.heard(7, again + 1)).toBe(8);
});

test('who was in between, or silent for long, begins anew', () => {
  const unanswered = new Unanswered();
  unanswered.heard(7, 0);
  unanswered.joined(7);
  expect(unanswered.heard(7, again)).toBe(1);
  expect(unanswered.heard(7, again + discoveryLimits.unansweredKeptMs + 1)).toBe(1);
});

test('of more than a bounded number the one heard longest ago is forgotten', () => {
  const unanswered = new Unanswered();
  for (let node = 0; node <= discoveryLimits.unansweredMax; node++) unanswered.heard(node, 0);
  expect(unanswered.heard(0, again)).toBe(1);
  expect(unanswered.heard(discoveryLimits.unansweredMax, again)).toBe(8);
});
