/** Who is denied, in the store of the swarm: on SQLite as in its model, with its events, and never more than a list holds. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Denial } from '../../src/features/denials/core/denial.ts';
import { swarmLimits } from '../../src/features/swarm/core/limits.ts';
import { swarmModel } from '../../src/features/swarm/store/model.ts';
import { swarmSqlite } from '../../src/features/swarm/store/sqlite.ts';
import { pairOf } from './pair.ts';

const x = 'a'.repeat(32);
const denial: Denial = { name: 'b', identity: x, version: 1, isDenied: true, since: 5, by: 'a' };
const changeOf = (each: Denial) => ({
  denial: each,
  event: {
    type: each.isDenied ? 'node.denied' : 'node.allowed',
    at: each.since,
    author: each.by,
    subject: each.name,
    recipients: [],
    trace: ['broker'],
    note: '',
  },
});
const someDenial = fc.record({
  name: fc.constantFrom('b', 'b.1', 'b-1', 'c'),
  identity: fc.constantFrom('', x, 'b'.repeat(32)),
  version: fc.integer({ min: 1, max: 4 }),
  isDenied: fc.boolean(),
  since: fc.integer({ min: 0, max: 3 }),
  by: fc.constantFrom('a', 'd'),
});

test('denials on SQLite are as their model says', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.array(someDenial, { maxLength: 4 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (all, limit) => {
        const { ask, close } = pairOf(swarmModel, swarmSqlite);
        for (const each of all) ask('deny', each.map(changeOf));
        ask('denials', limit);
        ask('denials', swarmLimits.swarmDenialsMax);
        close();
      },
    ),
    { numRuns: 40 },
  );
});

test('what is known already, or is older, changes nothing', () => {
  const { ask, close } = pairOf(swarmModel, swarmSqlite);
  const allowed = { ...denial, version: 2, isDenied: false };
  ask('deny', [changeOf(denial), changeOf(allowed), changeOf(denial)]);
  expect(ask('denials', 10)).toEqual([allowed]);
  close();
});

test('the table holds as many as a list does: what was denied last goes first, and what was taken back longest ago', () => {
  const { ask, close } = pairOf(swarmModel, swarmSqlite);
  const many = Array.from({ length: swarmLimits.swarmDenialsMax }, (_, i) =>
    changeOf({ ...denial, name: `n${i}`, since: i, isDenied: i % 2 === 0 }),
  );
  ask('deny', many);
  ask('deny', [changeOf({ ...denial, name: 'y', since: 9999 })]);
  ask('deny', [changeOf({ ...denial, name: 'z', since: 9999, isDenied: false })]);
  const names = (ask('denials', 9999) as Denial[]).map(({ name }) => name);
  expect(names).toHaveLength(swarmLimits.swarmDenialsMax);
  expect(names).toContain('z');
  expect(names).toContain('n0');
  expect(names).not.toContain('y');
  expect(names).not.toContain('n1');
  close();
});
