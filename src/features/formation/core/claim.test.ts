import { describe, expect, test } from 'vitest';
import type { Random } from '../../../kernel/contracts.ts';
import { decodeClaim, encodeClaim, type Held, nextEpoch, outranks } from './claim.ts';
import { formationLimits } from './limits.ts';

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
  const random = (value: number): Random => ({ next: () => value, bytes: (count) => new Uint8Array(count) });
  const epochOf = (seen: number, wallNow: number, address: string, list = addresses, value = 0.5): number =>
    nextEpoch(seen, wallNow, { address, addresses: list }, random(value));
  const now = 1_795_000_000_000;

  test.each([
    [0, now],
    [epochOf(0, now, 'a:1'), now],
    [epochOf(0, now + 3_600_000, 'a:1'), now],
    [7, 0],
  ])('is above %d, also where the clock says %d', (seen, wallNow) => {
    for (const address of addresses)
      for (const value of [0, 0.3, 0.999_999_9]) {
        const epoch = epochOf(seen, wallNow, address, addresses, value);
        expect(epoch).toBeGreaterThan(seen);
        expect(epoch).toBeLessThanOrEqual(formationLimits.epochMax);
      }
  });

  test('is above that of whoever bound it a second before, though nobody has seen that one', () => {
    for (const [first, second] of [
      [0.999_999_9, 0],
      [0, 0.999_999_9],
    ] as const)
      expect(epochOf(0, now + 1000, 'a:1', addresses, second)).toBeGreaterThan(
        epochOf(0, now, 'c:1', addresses, first),
      );
  });

  test('is never that of another address, whatever their order and what each has seen', () => {
    for (let seen = 0; seen < 9; seen++)
      for (const value of [0, 0.1, 0.7, 0.999_999_9])
        expect(epochOf(seen, 0, 'a:1', addresses, value)).not.toBe(
          epochOf(seen, 0, 'b:1', [...addresses].reverse(), value),
        );
  });

  test('is as good as never that of another taking of the same address, whatever their clocks', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const epochs = values.map((value) => epochOf(1000, 0, 'a:1', addresses, value));
    expect(new Set(epochs).size).toBe(values.length);
  });
});

test('of two claims one outranks the other: the higher epoch, else the higher id', () => {
  const held = (epoch: number, node: number): Held => ({ epoch, node, name: '', address: 'a:1', since: 0 });
  expect([outranks(held(2, 1), held(1, 2)), outranks(held(1, 2), held(2, 1))]).toEqual([true, false]);
  expect([outranks(held(1, 2), held(1, 1)), outranks(held(1, 1), held(1, 2))]).toEqual([true, false]);
});
