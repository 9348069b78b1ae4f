import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reader, readU48, Writer, writeU48 } from './bytes.ts';

const numbers = fc.oneof(
  fc.constantFrom(
    0,
    1,
    127,
    128,
    16_383,
    16_384,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 48,
    Number.MAX_SAFE_INTEGER,
  ),
  fc.maxSafeNat(),
);

describe('varints', () => {
  test('of any size up to 2^53 come back', () => {
    fc.assert(
      fc.property(fc.array(numbers), (values) => {
        const writer = new Writer(1);
        for (const value of values) writer.varint(value);
        const reader = new Reader(writer.finish());
        expect(values.map(() => reader.varint())).toEqual(values);
        expect(reader.complete).toBe(true);
      }),
    );
  });

  test.each([
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('%i takes %i bytes', (value, length) => {
    expect(new Writer().varint(value).finish()).toHaveLength(length);
  });

  test('above their limit, above 2^53 or without an end fail', () => {
    expect(failedVarint([0x80, 0x01], 127)).toBe(true);
    expect(failedVarint([0x7f], 127)).toBe(false);
    expect(failedVarint([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f])).toBe(true);
    expect(failedVarint([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])).toBe(false);
    expect(failedVarint(new Array<number>(20).fill(0x80))).toBe(true);
    expect(failedVarint([0xff])).toBe(true);
  });

  function failedVarint(bytes: number[], max?: number): boolean {
    const reader = new Reader(Uint8Array.from(bytes));
    reader.varint(max);
    return reader.failed;
  }
});

describe('48-bit numbers', () => {
  test('keep every bit', () => {
    const bytes = new Uint8Array(8);
    for (const value of [0, 1, 2 ** 24 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 47, 2 ** 48 - 1]) {
      writeU48(bytes, 1, value);
      expect(readU48(bytes, 1)).toBe(value);
    }
    expect([bytes[0], bytes[7]]).toEqual([0, 0]);
  });

  test('are big-endian', () => {
    expect([...new Writer().u48(0x010203040506).finish()]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('everything that was written is read back in its order', () => {
  const writer = new Writer(1)
    .u8(255)
    .u16(65_535)
    .u32(2 ** 32 - 1)
    .u48(2 ** 48 - 1)
    .text('grüße 🪿')
    .bytes(Uint8Array.of(1, 2))
    .instance('00ff0123456789ab')
    .raw(Uint8Array.of(9));
  const reader = new Reader(writer.finish());
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u48()]).toEqual([
    255,
    65_535,
    2 ** 32 - 1,
    2 ** 48 - 1,
  ]);
  expect(reader.text(64)).toBe('grüße 🪿');
  expect([...reader.bytes(2)]).toEqual([1, 2]);
  expect(reader.instance()).toBe('00ff0123456789ab');
  expect([reader.complete, [...reader.rest()], reader.complete]).toEqual([false, [9], true]);
});

describe('a reader that has failed', () => {
  const reads: [string, (reader: Reader) => unknown, unknown][] = [
    ['u8', (reader) => reader.u8(), 0],
    ['u16', (reader) => reader.u16(), 0],
    ['u32', (reader) => reader.u32(), 0],
    ['u48', (reader) => reader.u48(), 0],
    ['varint', (reader) => reader.varint(), 0],
    ['text', (reader) => reader.text(10), ''],
    ['bytes', (reader) => reader.bytes(10).length, 0],
    ['raw', (reader) => reader.raw(1).length, 0],
    ['rest', (reader) => reader.rest().length, 0],
  ];

  test.each(reads)('stays failed and yields nothing: %s', (_name, read, nothing) => {
    const reader = new Reader(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    reader.raw(10);
    expect(reader.failed).toBe(true);
    expect(read(reader)).toEqual(nothing);
    expect([reader.failed, reader.complete]).toEqual([true, false]);
  });

  test('has failed by text that is no UTF-8, or longer than allowed', () => {
    for (const bytes of [new Writer().bytes(Uint8Array.of(0xc3, 0x28)), new Writer().text('abc')]) {
      const reader = new Reader(bytes.finish());
      expect(reader.text(2)).toBe('');
      expect(reader.failed).toBe(true);
    }
  });
});

test('a reader never reads past the end that it was given', () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3, 4), 1, 3);
  expect([reader.remaining, reader.u16(), reader.remaining]).toEqual([2, 0x0203, 0]);
  expect([reader.u8(), reader.failed]).toEqual([0, true]);
});

test('what `finish` gives does not change with what is written later; `view` is only lent', () => {
  const writer = new Writer().u8(1);
  const finished = writer.finish();
  expect([...writer.view()]).toEqual([1]);
  writer.reset().u8(2);
  expect([...finished]).toEqual([1]);
});
