/** What a chat prints of the names that the swarm gives. */
import { expect, test } from 'vitest';
import { shownConversations, shownCurrent, shownParticipants, shownSaid, shownStored } from './shown.ts';

const id = '4f1c20ab'.repeat(4);

test('a node that takes no part in a conversation is shown as such', () => {
  expect(shownParticipants(['a', 'b', 'c'], 'a')).toBe('(b, c take part)');
  expect(shownParticipants(['a'], 'a')).toBe('(nobody else takes part)');
  expect(shownCurrent({ id, participants: ['b'] }, 'a')).toBe(
    '(conversation 4f1c20ab: b takes part; a does once it says something)',
  );
});

test('what is said elsewhere has the id, and its further lines stand below the first', () => {
  const said = { from: 'b', body: 'one\ntwo', elsewhere: id, notice: undefined };
  expect(shownSaid(said, 'a')).toBe('b [4f1c20ab]: one\n              two');
});

test('names that a broker has made up cannot steer the terminal', () => {
  const names = ['a', 'b\u001b[2J'];
  const view = { id, startedAt: 0, startedBy: names[1] as string, participants: names };
  const notice = { type: 'newcomers', names } as const;
  const all = [
    shownParticipants(names, 'a'),
    shownCurrent({ id, participants: names }, 'a'),
    shownStored(names),
    shownConversations([view], () => true),
    shownSaid({ from: 'b', body: '', elsewhere: undefined, notice }, 'a'),
  ];
  for (const text of all) {
    expect(text).toContain('b\\u001b[2J');
    expect(text).not.toContain('\u001b');
  }
});
