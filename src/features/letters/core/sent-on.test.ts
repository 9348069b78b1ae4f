import { expect, test } from 'vitest';
import { letterLimits } from './limits.ts';
import { SentOn } from './sent-on.ts';

const status = { n: 0, from: 'a', type: 'letter', sentAt: 1, bytes: 0, recipients: [] };

test('what became of letters of the outbox is remembered, of a limited number', () => {
  const sentOn = new SentOn();
  sentOn.isRepeat('x', 'y');
  sentOn.ended({ ...status, id: 'z' });
  expect([sentOn.idOf('x'), sentOn.idOf('z'), sentOn.idOf('w')]).toEqual(['y', 'z', 'w']);
  expect([sentOn.statusOf('x'), sentOn.statusOf('z')]).toEqual([undefined, { ...status, id: 'z' }]);
  for (let i = 2; i < letterLimits.lettersSentOnMax; i++) sentOn.isRepeat(String(i), 'v');
  expect(sentOn.idOf('x')).toBe('y');
  sentOn.isRepeat('last', 'v');
  expect([sentOn.idOf('x'), sentOn.idOf('2')]).toEqual(['x', 'v']);
});
