import { describe, expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const always = (value: number) => ({ next: () => value, bytes: () => new Uint8Array(0) });
const almostOne = 1 - 2 ** -53;

describe('the wait', () => {
  test('doubles from the first to the bound and stays there', () => {
    const backoff = new Backoff(1000, 128_000);
    const waits = Array.from({ length: 12 }, () => Math.round(backoff.spread(always(almostOne))));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 128, 128, 128, 128].map((seconds) => seconds * 1000));
  });

  test('never exceeds a bound that is no power of the first', () => {
    const backoff = new Backoff(1000, 15_000);
    for (let i = 0; i < 2000; i++) expect(backoff.steady(always(almostOne))).toBeLessThanOrEqual(15_000);
  });

  test('begins anew after a reset', () => {
    const backoff = new Backoff(1000, 128_000);
    for (let i = 0; i < 9; i++) backoff.spread(always(0.5));
    backoff.reset();
    expect(backoff.spread(always(0.5))).toBe(500);
  });

  test('spread reaches down to none, steady to half', () => {
    expect(new Backoff(1000, 8000).spread(always(0))).toBe(0);
    expect(new Backoff(1000, 8000).steady(always(0))).toBe(500);
  });
});
