/** A body that came otherwise than it was sent is told from one that is whole. */
import { expect, test } from 'vitest';
import { isWhole, makeBody } from './bodies.ts';

test('every byte and the length count', () => {
  const body = makeBody('m01/1/7', 1000);
  expect(isWhole(makeBody('m01/1/7', 1000))).toBe(true);
  expect(isWhole({ ...body, filling: body.filling.with(999, (body.filling[999] as number) ^ 1) })).toBe(
    false,
  );
  expect(isWhole({ ...body, filling: body.filling.subarray(1) })).toBe(false);
  expect(isWhole({ ...body, filling: makeBody('m01/1/8', 1000).filling })).toBe(false);
  expect(isWhole(makeBody('m01/1/9', 0))).toBe(true);
});
