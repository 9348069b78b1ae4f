import { expect, test } from 'vitest';
import { featureNumber } from '../../../kernel/identity.ts';
import { discoveryFeature, reasonByte, reasonOf } from './dial-reason.ts';

const own = featureNumber(discoveryFeature);

test('each reason of a dial has its byte in the hello, and comes back from it', () => {
  const reasons = ['direct', 'seed', 'answer', 'degree', 'reunite'] as const;
  expect(reasons.map(reasonByte)).toEqual([0, 1, 2, 3, 4]);
  const back = reasons.map((reason) =>
    reasonOf({ feature: own, reason: reasonByte(reason), isPrivate: false }),
  );
  expect(back).toEqual(reasons);
});

test('a reason that a later version has added counts as reason 0', () => {
  for (const reason of [5, 200, 255])
    expect(reasonOf({ feature: own, reason, isPrivate: false })).toBe('direct');
});

test('the dial of another feature passes as that of a seed, whatever its own reason is', () => {
  for (const reason of [0, 2, 3, 255])
    expect(reasonOf({ feature: featureNumber('formation'), reason, isPrivate: false })).toBe('seed');
});
