import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { measuredCopy, plainCopy } from './plain-data.ts';

const frozenCopy = <Value>(value: Value, what: string): Value => measuredCopy(value, what, true).copy;

const plain = fc.anything({ withBigInt: true, withTypedArray: false, withObjectString: true });

test('a copy of plain data equals it and shares no memory with it, whatever it is', () => {
  void fc.assert(
    fc.property(plain, fc.uint8Array({ minLength: 1 }), (value, bytes) => {
      const given = { value, list: [value, { bytes }] };
      for (const copied of [plainCopy(given, 'it'), frozenCopy(given, 'it')]) {
        expect(copied).toEqual(given);
        expect(sharesMemory(copied, given)).toBe(false);
      }
    }),
  );
});

test('a frozen copy is frozen down to its leaves, bytes aside', () => {
  const copied = frozenCopy({ list: [{ n: 1 }], bytes: Uint8Array.of(1) }, 'it');
  expect(Object.isFrozen(copied)).toBe(true);
  expect(Object.isFrozen(copied.list)).toBe(true);
  expect(Object.isFrozen(copied.list[0])).toBe(true);
});

test('a field called __proto__ is copied as a field, and gives the copy no prototype', () => {
  const given: unknown = JSON.parse('{"__proto__": {"isAdmin": true}}');
  const copied = plainCopy(given, 'it') as Record<string, unknown>;
  expect(Object.keys(copied)).toEqual(['__proto__']);
  expect(copied.isAdmin).toBeUndefined();
});

test('small bytes of one copy lie together in a few memories, large ones in their own', () => {
  const lengths = [0, 3, 16 * 1024, 5, 16 * 1024 - 1, ...new Array<number>(500).fill(128)];
  const given = lengths.map((length, i) => ({ bytes: new Uint8Array(length).fill(i + 1) }));
  const copied = plainCopy(given, 'it').map(({ bytes }) => bytes);
  expect(copied.map((bytes) => [...bytes])).toEqual(given.map(({ bytes }) => [...bytes]));
  const [large, ...small] = [copied[2], ...copied.filter((_, i) => i !== 2)];
  expect(large?.buffer.byteLength).toBe(16 * 1024);
  const memories = new Set(small.map((bytes) => bytes?.buffer));
  expect(memories.size).toBeLessThan(6);
  expect(memories).not.toContain(large?.buffer);
});

test('a copy says how much it is: texts and bytes by their length, and 8 for each value', () => {
  const given = { name: 'abc', list: [1, 'de', { bytes: new Uint8Array(100) }], nothing: null };
  expect(measuredCopy(given, 'it', false)).toEqual({ copy: given, bytes: 3 + 2 + 100 + 8 * 8 });
  expect(Object.isFrozen(measuredCopy(given, 'it', false).copy)).toBe(false);
});

test('bytes before a circle do not hide it', () => {
  const circle: { bytes: Uint8Array; own?: object } = { bytes: Uint8Array.of(1) };
  circle.own = circle;
  expect(() => plainCopy(circle, 'it')).toThrow('nested deeper than 64 levels, or a circle');
});

test('bytes of a Buffer are copied as plain bytes', () => {
  const copied = plainCopy(Buffer.from('abc'), 'it') as Uint8Array;
  expect(Object.getPrototypeOf(copied)).toBe(Uint8Array.prototype);
  expect([...copied]).toEqual([97, 98, 99]);
});

test.each([
  ['a Map', { a: [new Map()] }, 'it.a[0] is a Map'],
  ['a function', { a: () => 1 }, 'it.a is a function'],
  ['a symbol', [Symbol('x')], 'it[0] is a symbol'],
  ['a Date', new Date(0), 'it is a Date'],
  ['an instance of a class', { a: new (class Mine {})() }, 'it.a is a Mine'],
  ['other numbers as memory', { a: new Float64Array(1) }, 'it.a is a Float64Array'],
  ['a promise', Promise.resolve(), 'it is a Promise'],
])('%s is refused by where it is', (_what, value, text) => {
  expect(() => plainCopy(value, 'it')).toThrow(`${text}: a store takes plain data`);
});

function sharesMemory(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return false;
  if (a === b) return true;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.buffer === b.buffer;
  return Object.keys(a).some((name) =>
    sharesMemory((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}
