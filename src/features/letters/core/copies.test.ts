import { expect, test } from 'vitest';
import { endedOf } from './copies.ts';

test('an answer about what has ended gives up nothing that was not asked for, whatever it is', () => {
  const ids = ['a', 'b', 'c'];
  expect(endedOf('["c","x","a"]', ids)).toEqual(['a', 'c']);
  for (const json of ['', '{', 'null', '{"a":true}', '"a"', '7', '[7,null,["a"]]'])
    expect(endedOf(json, ids)).toEqual([]);
});
