/** The part of conversations on SQLite does what its model says, for whatever is asked of it and in whatever order. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { conversationLimits } from '../../src/features/conversations/core/limits.ts';
import { conversationsModel } from '../../src/features/conversations/store/model.ts';
import { conversationsSqlite } from '../../src/features/conversations/store/sqlite.ts';
import { pairOf } from './pair.ts';

const hex = (n: number) => n.toString(16).padStart(32, '0');
const someone = fc.constantFrom('a', 'b', 'c', 'd', 'E', 'a-b');
const anId = fc.integer({ min: 1, max: 4 }).map(hex);
const joining = { id: anId, by: someone, names: fc.array(someone, { maxLength: 3 }) };

const commands = fc.oneof(
  fc.record({
    verb: fc.constant('begin'),
    input: fc.record({ ...joining, now: fc.integer({ min: 1, max: 9 }) }),
  }),
  fc.record({ verb: fc.constant('join'), input: fc.record(joining) }),
  fc.record({ verb: fc.constant('leave'), input: fc.record({ id: anId, by: someone }) }),
  fc.record({ verb: fc.constant('read'), input: anId }),
  fc.record({
    verb: fc.constant('take'),
    input: fc.uniqueArray(
      fc.record({
        ...{ id: anId, startedBy: someone, startedAt: fc.nat({ max: 9 }) },
        participants: fc.uniqueArray(someone, { minLength: 1 }).map((names) => names.sort()),
      }),
      { selector: ({ id }) => id, maxLength: 3 },
    ),
  }),
  fc.record({
    verb: fc.constant('of'),
    input: fc.record({
      name: someone,
      after: fc.oneof(fc.constant(''), anId),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  }),
);

test('conversations on SQLite answer as their model does', () => {
  void fc.assert(
    fc.property(fc.array(commands, { minLength: 1, maxLength: 40 }), (list) => {
      const { ask, close } = pairOf(conversationsModel, conversationsSqlite);
      for (const { verb, input } of list) ask(verb, input);
      for (const name of ['a', 'b', 'c', 'd', 'E', 'a-b']) ask('of', { name, after: '', limit: 100 });
      close();
    }),
    { numRuns: 30 },
  );
});

test('both stores have the same limits, and one that all have left makes room', () => {
  const { conversationParticipantsMax, conversationsBegunMax } = conversationLimits;
  const { ask, close } = pairOf(conversationsModel, conversationsSqlite);
  const names = Array.from({ length: conversationParticipantsMax - 1 }, (_, i) => `n${i}`);
  const begin = (n: number, more: string[] = []) =>
    ask('begin', { id: hex(n), by: 'a', names: more, now: 1 });
  expect(begin(1, names)).toMatchObject({ type: 'done', isChanged: true });
  expect(ask('join', { id: hex(1), by: 'n1', names: ['z'] })).toEqual({ type: 'crowded' });
  expect(begin(2, [...names, 'z'])).toEqual({ type: 'crowded' });
  for (let n = 2; n <= conversationsBegunMax; n++) expect(begin(n)).toMatchObject({ type: 'done' });
  expect(begin(0)).toEqual({ type: 'many' });
  expect(ask('leave', { id: hex(7), by: 'a' })).toBe(null);
  expect(begin(0)).toMatchObject({ type: 'done' });
  expect(ask('begin', { id: hex(0), by: 'b', names: [], now: 1 })).toEqual({ type: 'other' });
  const other = { id: hex(9999), startedBy: 'a', startedAt: 1, participants: ['b'] };
  expect(ask('take', [other, { ...other, id: hex(0) }])).toEqual(['many', 'known']);
  close();
});
