import { expect, test } from 'vitest';
import { instanceOf, isInstanceOf } from './identity.ts';

test('an instance belongs to the key that it is the hash of, asked for once or again', () => {
  const keys = Array.from({ length: 3 }, (_, i) => new Uint8Array(32).fill(i));
  const [own, other] = keys as [Uint8Array, Uint8Array];
  const instance = instanceOf(own);
  for (let i = 0; i < 3; i++) {
    expect(isInstanceOf(instance, own)).toBe(true);
    expect(isInstanceOf(instance, other)).toBe(false);
    expect(isInstanceOf(instance, own.subarray(0, 31))).toBe(false);
    expect(isInstanceOf(instanceOf(other), own)).toBe(false);
  }
  // What is remembered is a copy: whoever uses the key's memory again does not change it.
  own.fill(9);
  expect(isInstanceOf(instance, own)).toBe(false);
});
