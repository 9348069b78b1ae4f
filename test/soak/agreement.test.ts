/** What must be over once the traffic has ended, and whoever must answer. */
import { expect, test } from 'vitest';
import { openAtEnd } from './agreement.ts';

test('at the end everybody answers and nobody is still sending', () => {
  expect(openAtEnd(['a', 'b'], [{ sending: 0 }, { sending: 0 }])).toEqual([]);
  expect(openAtEnd(['a', 'b', 'c'], [{ sending: 0 }, undefined, { sending: 2 }])).toEqual([
    { kind: 'did not answer', text: 'b did not answer at the end' },
    { kind: 'send without an end', text: 'c had 2 sends under way at the end' },
  ]);
});
