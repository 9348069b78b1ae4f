/** What gives an old key away, and what only looks like it. */
import { expect, test } from 'vitest';
import { remainsOfOldKey } from './key-facts.ts';
import type { Answer } from './protocol.ts';

function remains(parts: Partial<Pick<Answer, 'keys' | 'links'>>): string[] {
  return remainsOfOldKey('a', { keys: ['fresh'], links: [], ...parts }, 'fresh');
}

test('the new key alone, and links proven with it, are as they should be', () => {
  expect(remains({})).toEqual([]);
  expect(remains({ links: [{ node: 'b', key: 'fresh' }] })).toEqual([]);
});

test('a key that is still held beside it, or instead of it, is told', () => {
  expect(remains({ keys: ['fresh', 'old'] })).toEqual(['a holds fresh, old']);
  expect(remains({ keys: ['old'] })).toEqual(['a holds old']);
  expect(remains({ keys: [] })).toEqual(['a holds no key']);
});

test('a link that stands by another key, or by none, is told', () => {
  const links = [
    { node: 'b', key: 'old' },
    { node: 'c', key: 'fresh' },
    { node: 'd', key: undefined },
  ];
  expect(remains({ links })).toEqual([
    'the link of a to b stands by old',
    'the link of a to d stands by no key',
  ]);
});
