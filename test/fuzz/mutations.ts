/** Bytes gone wrong in the ways that find bugs: flipped, cut, spliced, repeated, lengths changed. */

import fc from 'fast-check';
import { concatenate } from '../../src/kernel/wire/bytes.ts';

export type Mutation =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number; readonly count: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number }
  | { readonly kind: 'truncate'; readonly at: number }
  /** Four bytes set to a number that lengths and counts dislike. */
  | { readonly kind: 'number'; readonly at: number; readonly value: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });
const spiteful = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('truncate' as const), at: place }),
  fc.record({ kind: fc.constant('number' as const), at: place, value: fc.constantFrom(...spiteful) }),
);

export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

export function mutate(bytes: Uint8Array, list: readonly Mutation[]): Uint8Array {
  return list.reduce(apply, bytes);
}

function apply(bytes: Uint8Array, mutation: Mutation): Uint8Array {
  const at = Math.floor(mutation.at * bytes.length);
  const changed = bytes.slice();
  switch (mutation.kind) {
    case 'set':
      changed[at] = mutation.value;
      return changed;
    case 'cut':
      return joined(bytes.subarray(0, at), bytes.subarray(at + mutation.count));
    case 'insert':
      return joined(bytes.subarray(0, at), mutation.bytes, bytes.subarray(at));
    case 'repeat':
      return joined(bytes.subarray(0, at + mutation.count), bytes.subarray(at));
    case 'truncate':
      return changed.subarray(0, at);
    case 'number':
      for (let i = 0; i < 4; i++) changed[at + i] = mutation.value >>> (24 - 8 * i);
      return changed;
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return concatenate(parts);
}

/** `npm run fuzz` runs six times as many inputs as `npm test` does, from a seed of its own. */
const isLong = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'long';
const longFactor = 6;

/** One fixed seed; another by `FUZZ_SEED`. A failing property prints the seed and the path to its case. */
export const seed = Number(process.env.FUZZ_SEED ?? (isLong ? Date.now() % 2 ** 31 : 20_260_101));

export function times(count: number): number {
  return isLong ? count * longFactor : count;
}
