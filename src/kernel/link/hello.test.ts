import { describe, expect, test } from 'vitest';
import { idOf } from '../identity.ts';
import { limits } from '../limits.ts';
import { decodeHello, encodeHello, type Hello } from './hello.ts';

const hello: Hello = {
  wireVersion: 1,
  wireVersionMin: 1,
  id: idOf('node-1.lab'),
  name: 'node-1.lab',
  namespace: 'lab',
  instance: '0123456789abcdef',
  version: '1.2.3-beta',
  purpose: { feature: 0xfedcba98, reason: 4, isPrivate: false },
  solicits: true,
  uptimeMs: 2 ** 40,
  islandNodes: 12,
  stallToleranceMs: 5000,
  features: ['topology', 'messaging', 'a program’s own'],
  keyId: Uint8Array.of(1, 2, 3, 4),
};

const problem = (changes: Partial<Hello>): unknown => decodeHello(encodeHello({ ...hello, ...changes }));

test('a hello comes back as it was', () => {
  expect(decodeHello(encodeHello(hello))).toEqual(hello);
});

test('a later version may add fields at the end', () => {
  expect(decodeHello(Uint8Array.from([...encodeHello(hello), 1, 2, 3]))).toEqual(hello);
});

test('the size of an island is believed from one node to as many as can be known', () => {
  const sizeOf = (islandNodes: number) => {
    const decoded = decodeHello(encodeHello({ ...hello, islandNodes }));
    return typeof decoded === 'string' ? decoded : decoded.islandNodes;
  };
  expect([sizeOf(0), sizeOf(1), sizeOf(2 ** 32 - 1)]).toEqual([1, 1, limits.recordsMax]);
});

test('a hello cut short anywhere is refused', () => {
  const bytes = encodeHello(hello);
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeHello(bytes.subarray(0, length))).toBeTypeOf('string');
  }
});

describe('a hello is refused, with a text that says why', () => {
  test.each<[string, Partial<Hello>, RegExp]>([
    ['a name with a slash', { name: 'a/b', id: idOf('a/b') }, /name is bad/],
    ['an empty name', { name: '', id: idOf('') }, /name is bad/],
    ['a name of 65 characters', { name: 'x'.repeat(65), id: idOf('x'.repeat(65)) }, /name is bad/],
    ['control characters in its namespace', { namespace: 'lab\u001b[31m' }, /name is bad/],
    ['the id of another name', { id: idOf('somebody') }, /does not belong to its name "node-1.lab"/],
    ['more features than anybody runs', { features: new Array<string>(257).fill('f') }, /over its limits/],
    ['a version text of 300 bytes', { version: 'v'.repeat(300) }, /over its limits/],
  ])('for %s', (_what, changes, text) => {
    expect(problem(changes)).toMatch(text);
  });
});

test('a hello of any feature and any reason comes back as it was, private or not: only that feature knows them', () => {
  for (const feature of [0, 1, 2 ** 32 - 1])
    for (const reason of [0, 5, 255])
      for (const isPrivate of [false, true])
        expect(problem({ purpose: { feature, reason, isPrivate } })).toMatchObject({
          purpose: { feature, reason, isPrivate },
          solicits: true,
        });
});

test('flags that a later version sets in a hello change nothing', () => {
  const bytes = encodeHello(hello);
  const other = encodeHello({ ...hello, solicits: false });
  const at = bytes.findIndex((byte, i) => byte !== other[i]);
  bytes[at] = 0xfd;
  expect(decodeHello(bytes)).toEqual(hello);
});

test('a stall tolerance is never below ours, nor beyond what a dead node may cost', () => {
  expect(problem({ stallToleranceMs: 1 })).toMatchObject({ stallToleranceMs: limits.stallToleranceMs });
  expect(problem({ stallToleranceMs: 2 ** 31 })).toMatchObject({
    stallToleranceMs: limits.stallToleranceMsMax,
  });
});
