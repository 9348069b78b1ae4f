import { describe, expect, test } from 'vitest';
import { decodeClaim, encodeClaim, type Held, nextEpoch, outranks } from './claim.ts';

const addresses = ['c:1', 'a:1', 'b:1'];

test('a claim is read as it was written; bytes that are none are none', () => {
  const claim = { epoch: 1_795_000_000_000, address: '10.0.0.1:7015', since: 1_795_000_000_001 };
  expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
  expect(decodeClaim(encodeClaim(claim).subarray(0, 5))).toBe(undefined);
  expect(decodeClaim(Uint8Array.of(255, 255))).toBe(undefined);
});

test('an epoch that could not be outbid is not believed', () => {
  expect(decodeClaim(encodeClaim({ epoch: 2 ** 52 + 1, address: 'a:1', since: 1 }))).toBe(undefined);
});

describe('a new epoch', () => {
  test.each([
    [0, 1_795_000_000_000],
    [1_795_000_000_500, 1_795_000_000_000],
    [7, 0],
  ])('is above %d, and not below the clock at %d', (seen, wallNow) => {
    for (const address of addresses) {
      const epoch = nextEpoch(seen, wallNow, address, addresses);
      expect(epoch).toBeGreaterThan(seen);
      expect(epoch).toBeGreaterThanOrEqual(wallNow);
      expect(epoch).toBeLessThan(Math.max(seen + 1, wallNow) + addresses.length);
    }
  });

  test('is never that of another address, whatever their order and what each has seen', () => {
    for (let seen = 0; seen < 9; seen++)
      for (let otherSeen = 0; otherSeen < 9; otherSeen++)
        expect(nextEpoch(seen, 0, 'a:1', addresses)).not.toBe(
          nextEpoch(otherSeen, 0, 'b:1', [...addresses].reverse()),
        );
  });
});

test('of two claims one outranks the other: the higher epoch, else the higher id', () => {
  const held = (epoch: number, node: number): Held => ({ epoch, node, name: '', address: 'a:1', since: 0 });
  expect([outranks(held(2, 1), held(1, 2)), outranks(held(1, 2), held(2, 1))]).toEqual([true, false]);
  expect([outranks(held(1, 2), held(1, 1)), outranks(held(1, 1), held(1, 2))]).toEqual([true, false]);
});
