import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyError, decodeBody, encodeBody, encodeEnvelope } from './codec.ts';

const throughTheWire = (body: unknown): unknown => {
  const { encoding, bytes } = encodeBody(body);
  // As it arrives: a view somewhere inside a larger buffer.
  const frame = new Uint8Array(bytes.length + 7);
  frame.set(bytes, 3);
  return decodeBody(encoding, frame.subarray(3, 3 + bytes.length));
};

const cbor = (...bytes: (number | number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(bytes.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a body that is bytes', () => {
  test('passes as it is', () => {
    const body = Uint8Array.of(1, 2, 3);
    expect(encodeBody(body)).toEqual({ encoding: 0, bytes: body });
    expect(decodeBody(0, body)).toBe(body);
  });

  test('loses the Buffer class on the way, so that slice means a copy', () => {
    const { bytes } = encodeBody(Buffer.from('abc'));
    expect(bytes.constructor).toBe(Uint8Array);
    expect((decodeBody(0, Buffer.from('abc')) as Uint8Array).constructor).toBe(Uint8Array);
  });
});

describe('a body that is a value', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'grüße 🪿'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['not a number', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['a small bigint', -5n],
    ['a large bigint', 2n ** 4000n],
    ['a date', new Date(1_000_000_000_005)],
    [
      'a map with keys of several types',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, { b: [3] }],
      ]),
    ],
    ['a set', new Set(['a', 1])],
    ['bytes inside an object', { bytes: Uint8Array.of(1, 2) }],
    ['typed arrays', [new Float64Array([1.5, -2]), new Int32Array([-1]), new BigUint64Array([7n])]],
    ['undefined inside', { a: undefined, b: [undefined] }],
    ['an empty object and array', [{}, []]],
  ])('%s arrives as it was', (_name, body) => {
    expect(encodeBody(body).encoding).toBe(1);
    expect(throughTheWire(body)).toEqual(body);
  });

  test('anything made of the accepted types arrives as it was', () => {
    const values = [
      fc.constantFrom<unknown>(null, undefined, true, false),
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt(),
      fc.string({ unit: 'binary' }),
      fc.date({ min: new Date(-1e14), max: new Date(1e14), noInvalidDate: false }),
    ];
    const key = fc.string().filter((name) => name !== '__proto__' && name !== 'toJSON');
    const anything = fc.anything({
      values,
      key,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      maxDepth: 5,
    });
    fc.assert(
      fc.property(anything, (body) => {
        expect(throughTheWire(body)).toEqual(normalized(body));
      }),
      { numRuns: 1000 },
    );
  });

  test('decoded bytes do not change with the buffer they came in', () => {
    const { encoding, bytes } = encodeBody({ part: Uint8Array.of(1, 2, 3) });
    const received = bytes.slice();
    const body = decodeBody(encoding, received);
    received.fill(0);
    expect(body).toEqual({ part: Uint8Array.of(1, 2, 3) });
  });

  test('an object with toJSON travels as its result, an instance of an iterable class as an array', () => {
    expect(throughTheWire({ at: new URL('skein://a/') })).toEqual({ at: 'skein://a/' });
    expect(throughTheWire(new URLSearchParams('a=1&b=2'))).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('each body stands alone: equal bodies have equal bytes, and need none of those before', () => {
    const first = encodeBody({ name: 'a', state: 'up' }).bytes.slice();
    const second = encodeBody({ name: 'a', state: 'up' }).bytes;
    expect(second).toEqual(first);
    expect(new TextDecoder().decode(second)).toContain('state');
  });
});

describe('a body that cannot be sent', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a function inside', { a: [() => 1] }],
    ['a symbol', Symbol('s')],
    ['a cycle', cycle],
    ['too deep nesting', nested(501)],
    ['an error', new Error('no')],
    ['a regular expression', /a/],
    ['a huge bigint', 2n ** 9000n],
  ])('%s is refused with what is accepted', (_name, body) => {
    expect(() => encodeBody(body)).toThrow(TypeError);
    expect(() => encodeBody(body)).toThrow(/a body is bytes or what CBOR can say/);
  });

  test('a refusal leaves the codec usable', () => {
    expect(() => encodeBody(Symbol('s'))).toThrow(TypeError);
    expect(throughTheWire([1, { a: 2 }])).toEqual([1, { a: 2 }]);
  });

  test('the deepest nesting allowed goes both ways, also within the most that skein puts around it', () => {
    expect(throughTheWire(nested(500))).toEqual(nested(500));
    expect(decodeBody(1, encodeEnvelope(nested(520)))).toEqual(nested(520));
  });

  test.each([
    [501, () => encodeBody(nested(501)), 500],
    [501, () => encodeBody(new Map([[1, { a: nested(499) }]])), 500],
    [600, () => encodeBody(nested(600)), 500],
    [521, () => encodeEnvelope(nested(521)), 520],
  ])('a nesting of %i levels is refused with the depth and the limit', (depth, encode, limit) => {
    expect(encode).toThrow(`it nests ${depth} levels deep, and ${limit} are accepted`);
    expect(throughTheWire(nested(500))).toEqual(nested(500));
  });
});

describe('bytes from a stranger', () => {
  const hostile: [string, Uint8Array][] = [
    ['nothing', cbor()],
    ['a second item', cbor(1, 2)],
    ['521 levels of arrays', cbor(new Uint8Array(521).fill(0x81), 0xf6)],
    ['100,000 levels of arrays', cbor(new Uint8Array(100_000).fill(0x81), 0xf6)],
    ['100,000 levels of tags', cbor(new Uint8Array(100_000).fill(0xc1), 0xf6)],
    ['a huge array', cbor(0x9a, 0xff, 0xff, 0xff, 0xff)],
    ['many huge arrays', cbor(Array(400).fill([0x9a, 1, 0xff, 0xff, 0xff]).flat())],
    ['a huge map', cbor(0xba, 0xff, 0xff, 0xff, 0xff)],
    ['a huge string', cbor(0x7a, 0xff, 0xff, 0xff, 0xff)],
    ['huge bytes', cbor(0x5a, 0xff, 0xff, 0xff, 0xff)],
    ['a 64-bit length', cbor(0x5b, 0, 0, 0, 0, 0, 0, 0, 1, 0)],
    ['an array that never ends', cbor(0x9f, 1)],
    ['a break outside of an array', cbor(0x81, 0xff)],
    ['a break behind a tag', cbor(0x9f, 0xc1, 0xff)],
    ['a map of unstated length', cbor(0xbf, 0x61, 97, 1, 0xff)],
    ['a bigint that takes minutes', cbor(0xc2, 0x5a, 0, 4, 0, 0, new Uint8Array(0x40000).fill(255))],
    ['a regular expression', cbor(0xd8, 27, 0x82, 0x66, bytesOf('RegExp'), 0x61, 97)],
    ['a shared reference', cbor(0xd8, 28, 0x81, 0xd8, 29, 0)],
    ['a record definition', cbor(0xd9, 0xdf, 0xff, 0x83, 0x19, 0xe0, 0, 0x81, 0x61, 97, 1)],
    ['packed values', cbor(0xd8, 51, 0x84, 0x81, 1, 0x80, 0x80, 0xe0)],
    ['a set of a number', cbor(0xd9, 1, 2, 1)],
    ['a typed array of odd length', cbor(0xd8, 86, 0x43, 1, 2, 3)],
  ];

  test.each(hostile)('%s is refused at once, by one kind of error', (_name, bytes) => {
    expect(() => decodeBody(1, bytes)).toThrow(BodyError);
    expect(throughTheWire({ still: 'works' })).toEqual({ still: 'works' });
  });

  test('an unknown encoding is refused', () => {
    expect(() => decodeBody(2, cbor(1))).toThrow('unknown body encoding 2');
  });

  test('a __proto__ key pollutes nothing', () => {
    const bytes = cbor(0xa1, 0x69, bytesOf('__proto__'), 0xa1, 0x61, 97, 1);
    const body = decodeBody(1, bytes) as object;
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('a truncated body is always refused', () => {
    const { bytes } = encodeBody({ a: [1, 'two', 3n, new Date(4)], b: new Map([[5, new Set([6.5])]]) });
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeBody(1, bytes.subarray(0, end))).toThrow(BodyError);
    }
  });

  test('any bytes at all either decode or are refused by a BodyError', () => {
    const likely = fc.constantFrom(
      0x81,
      0x9f,
      0xff,
      0xa1,
      0xc1,
      0xc2,
      0xd8,
      0xd9,
      0x61,
      0x41,
      0xf6,
      0xfb,
      1,
      3,
      64,
      86,
    );
    const soup = fc.array(fc.oneof(likely, fc.nat(255)), { maxLength: 40 });
    fc.assert(
      fc.property(soup, (bytes) => {
        try {
          decodeBody(1, Uint8Array.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(BodyError);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });
});

function nested(levels: number): unknown {
  let body: unknown = 1;
  for (let i = 0; i < levels; i++) body = [body];
  return body;
}

/** What the wire keeps: -0 becomes 0, a hole undefined. */
function normalized(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return Array.from(value, normalized);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [normalized(k), normalized(v)]));
  if (value instanceof Set) return new Set([...value].map(normalized));
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value))
    return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, normalized(v)]));
}
