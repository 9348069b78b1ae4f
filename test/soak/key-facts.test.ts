/** What gives an old key away, and what only looks like it. */
import { expect, test } from 'vitest';
import { type KeyFacts, remainsOfOldKey } from './key-facts.ts';
import type { Answer } from './protocol.ts';

const facts: KeyFacts = { key: 'fresh', usedFromMs: (name) => (name === 'a' ? 5000 : 9000) };

function remains(parts: Partial<Answer>): string[] {
  const answer: Answer = {
    type: 'answer',
    probe: 1,
    known: [],
    told: [],
    topology: '',
    links: [],
    keys: ['fresh'],
    resources: {},
    counters: {},
    datagramsUnread: {},
    sending: 0,
  };
  return remainsOfOldKey('a', { ...answer, ...parts }, facts);
}

test('the new key alone, and links as young as it, are as they should be', () => {
  expect(remains({})).toEqual([]);
  expect(remains({ links: [{ node: 'b', outgoing: true, openedMs: 5001 }] })).toEqual([]);
  expect(remains({ links: [{ node: 'b', outgoing: false, openedMs: 9001 }] })).toEqual([]);
});

test('a key that is still held beside it, or instead of it, is told', () => {
  expect(remains({ keys: ['fresh', 'old'] })).toEqual(['a holds fresh, old']);
  expect(remains({ keys: ['old'] })).toEqual(['a holds old']);
  expect(remains({ keys: [] })).toEqual(['a holds no key']);
});

test('a link is judged by when its dialer began to use the new key', () => {
  expect(remains({ links: [{ node: 'b', outgoing: true, openedMs: 4000 }] })).toEqual([
    "the link from a to b is 1000 ms older than the new key's first use there",
  ]);
  expect(remains({ links: [{ node: 'b', outgoing: false, openedMs: 7000 }] })).toEqual([
    "the link from b to a is 2000 ms older than the new key's first use there",
  ]);
});
