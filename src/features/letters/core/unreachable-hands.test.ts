import { expect, test } from 'vitest';
import type { NodeId } from '../../../kernel/identity.ts';
import { letterLimits } from './limits.ts';
import { UnreachableHands } from './unreachable-hands.ts';

const { letterUnreachableMs, lettersUnreachableMax } = letterLimits;
const nodeOf = (i: number) => i as NodeId;

function keep(hands: UnreachableHands, i: number, ns: readonly number[], now = 0): void {
  hands.keep(
    { node: nodeOf(i), recipient: `n${i}`, inHand: new Set(ns), arrived: new Set(ns.slice(1)) },
    now,
  );
}

test('what an unreachable recipient had is in its hand until it is heard of, or for an hour', () => {
  const hands = new UnreachableHands();
  keep(hands, 1, [3, 5]);
  keep(hands, 2, [3], 1);
  expect([hands.isInHand('n1', 3), hands.isInHand('n1', 4), hands.isInHand('n3', 3)]).toEqual([
    true,
    false,
    false,
  ]);
  hands.forgetOld(letterUnreachableMs);
  expect([hands.isInHand('n1', 3), hands.isInHand('n2', 3)]).toEqual([false, true]);
  expect(hands.take(nodeOf(2))).toMatchObject({ recipient: 'n2', inHand: new Set([3]), arrived: new Set() });
  expect(hands.isInHand('n2', 3)).toBe(false);
  expect(hands.take(nodeOf(2))).toBeUndefined();
});

test('what it says of one is no word of the others', () => {
  const hands = new UnreachableHands();
  keep(hands, 1, [3, 5]);
  hands.settled(nodeOf(1), [5, 9]);
  hands.settled(nodeOf(2), [3]);
  expect([hands.isInHand('n1', 3), hands.isInHand('n1', 5)]).toEqual([true, false]);
  expect(hands.take(nodeOf(1))).toMatchObject({ inHand: new Set([3]), arrived: new Set() });
});

test('of too many letters those of the recipient are forgotten that was left first', () => {
  const hands = new UnreachableHands();
  const many = Array.from({ length: lettersUnreachableMax - 1 }, (_, n) => n);
  keep(hands, 1, [7]);
  keep(hands, 2, many);
  expect([hands.isInHand('n1', 7), hands.isInHand('n2', 7)]).toEqual([true, true]);
  keep(hands, 3, [7]);
  expect([1, 2, 3].map((i) => hands.isInHand(`n${i}`, 7))).toEqual([false, true, true]);
  // Room that was made free is used again.
  hands.settled(nodeOf(2), [0]);
  keep(hands, 4, [7]);
  expect([2, 3, 4].map((i) => hands.isInHand(`n${i}`, 7))).toEqual([true, true, true]);
});
