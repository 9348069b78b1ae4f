/** Copies of bytes: what they hold, and that none lies where another does. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallCopies } from './small-copies.ts';

test('each copy keeps its bytes, whatever is copied or changed afterwards', () => {
  void fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 }), (lengths) => {
      const copies = new SmallCopies();
      const made = lengths.map((length, i) => {
        const given = new Uint8Array(length).fill(i);
        const copy = copies.copyOf(given);
        given.fill(255);
        return copy;
      });
      for (const [i, copy] of made.entries())
        expect(Buffer.from(copy).equals(Buffer.alloc(lengths[i] as number, i))).toBe(true);
    }),
  );
});

test('small ones share a memory, and a large one has its own', () => {
  const copies = new SmallCopies();
  const [a, b, large] = [100, 1024, 1025].map((length) => copies.copyOf(new Uint8Array(length)));
  expect(a?.buffer).toBe(b?.buffer);
  expect(large?.buffer.byteLength).toBe(1025);
  for (let i = 0; i < 10; i++) copies.copyOf(new Uint8Array(1024));
  expect(copies.copyOf(new Uint8Array(1)).buffer).not.toBe(a?.buffer);
});
