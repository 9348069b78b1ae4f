import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyFromJson, bodyToJson } from './body.ts';

const throughJson = (body: unknown): unknown => bodyFromJson(JSON.parse(JSON.stringify(bodyToJson(body))));

test('what JSON can say travels as itself', () => {
  const body = { text: 'hi', list: [1, null, true], nested: { a: 'b' } };
  expect(bodyToJson(body)).toEqual(body);
});

test('bytes travel as base64, at any depth', () => {
  expect(bodyToJson({ data: Uint8Array.of(1, 2, 255) })).toEqual({ data: { $bytes: 'AQL/' } });
  expect(throughJson([Buffer.from('abc')])).toEqual([new TextEncoder().encode('abc')]);
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a date', new Date(1_700_000_000_000)],
  ['a map', new Map([['a', 1]])],
  ['a set', new Set([1, 2])],
  ['a bigint', 2n ** 80n],
  ['not a number', Number.NaN],
  ['floats', Float64Array.of(1.5, 2.5)],
  ['undefined inside', { a: undefined, b: [undefined] }],
])('%s travels as it is', (_what, body) => {
  expect(throughJson(body)).toEqual(body);
});

test.each<[string, unknown]>([
  ['a tag', { $bytes: 'AQL/' }],
  ['an escaped tag', { $$bytes: { $cbor: 'x' } }],
  ['a tag that is none', { $bytes: 1, more: 2 }],
])('an object that looks like %s is not taken for one', (_what, body) => {
  expect(throughJson(body)).toEqual(body);
});

test('any JSON value comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (body) => {
      expect(throughJson(body)).toEqual(JSON.parse(JSON.stringify(body)));
    }),
  );
});

describe('bad tags are refused in one line', () => {
  test.each<[string, unknown]>([
    ['no text', { $bytes: 7 }],
    ['no base64', { $bytes: '%%%' }],
    ['no CBOR', { $cbor: '////' }],
  ])('%s', (_what, json) => {
    expect(() => bodyFromJson(json)).toThrow(expect.objectContaining({ code: 'SKEIN_INVALID' }));
  });

  test('endless nesting', () => {
    let json: unknown = 1;
    for (let i = 0; i < 1000; i++) json = [json];
    expect(() => bodyFromJson(json)).toThrow('more than 500 levels');
  });
});
