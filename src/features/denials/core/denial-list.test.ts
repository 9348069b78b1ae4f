import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf } from '../../../kernel/identity.ts';
import type { Denial } from './denial.ts';
import { DenialList } from './denial-list.ts';
import { denialLimits } from './limits.ts';
import { withoutRoom } from './ranked-denials.ts';

const x = 'a'.repeat(32);
const denial: Denial = { name: 'b', identity: x, version: 1, isDenied: true, since: 5, by: 'a' };
const someDenial: fc.Arbitrary<Denial> = fc.record({
  name: fc.constantFrom('b', 'c'),
  identity: fc.constantFrom('', x),
  version: fc.integer({ min: 1, max: 5 }),
  isDenied: fc.boolean(),
  since: fc.integer({ min: 0, max: 2 }),
  by: fc.constantFrom('a', 'd'),
});

function listOf(denials: readonly Denial[]): DenialList {
  const list = new DenialList();
  for (const each of denials) list.take(each);
  return list;
}

/** As a member does: first what makes room. */
function learn(list: DenialList, denials: readonly Denial[]): void {
  for (const each of [...denials].sort((a, b) => Number(a.isDenied) - Number(b.isDenied))) list.take(each);
}

function contents(list: DenialList): string[] {
  return list
    .entries()
    .map((each) => JSON.stringify(Object.entries(each).sort()))
    .sort();
}

describe('two lists', () => {
  test('that have taken the same, in any order and any number of times, are the same', () => {
    const some = fc.array(someDenial, { maxLength: 12 });
    void fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 12 }), (denials, at) => {
        const other = [...denials.slice(at), ...[...denials].reverse()];
        expect(contents(listOf(other))).toEqual(contents(listOf(denials)));
      }),
    );
  });

  test('that have learned from each other are the same', () => {
    const some = fc.array(someDenial, { maxLength: 8 });
    void fc.assert(
      fc.property(some, some, (ours, theirs) => {
        const [one, other] = [listOf(ours), listOf(theirs)];
        const ofOther = other.entries();
        for (const each of one.entries()) other.take(each);
        for (const each of ofOther) one.take(each);
        expect(contents(one)).toEqual(contents(other));
      }),
    );
  });
});

describe('lists that have no room for all', () => {
  const { denialsMax, denialsTakenBackMax } = denialLimits;
  const many = (count: number, isDenied: boolean): Denial[] =>
    Array.from({ length: count }, (_, i) => ({ ...denial, name: `n${i}-${isDenied}`, isDenied, since: i }));
  const crowd = [...many(denialsMax - 3, true), ...many(denialsTakenBackMax - 3, false)];
  /** Earlier and later than the others. */
  const since = fc.constantFrom(0, 7, 500, 5000, 5001);
  const oneOf = (names: number, version: number) =>
    fc.record({
      ...{ name: fc.nat({ max: names }).map((i) => `x${i}`), identity: fc.constantFrom('', x) },
      ...{ version: fc.integer({ min: 1, max: version }), isDenied: fc.boolean(), since },
      by: fc.constantFrom('a', 'd'),
    });

  test('are the same, in whatever order and how often they have taken the same, while no pair is changed', () => {
    // One change of each pair; of those that a list has no room for the same ones give way everywhere.
    const some = fc.uniqueArray(oneOf(20, 1), {
      maxLength: 12,
      selector: (each) => `${each.name} ${each.identity}`,
    });
    void fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 12 }), (denials, at) => {
        const expected = contents(listOf([...crowd, ...denials]));
        expect(contents(listOf([...denials, ...crowd]))).toEqual(expected);
        const others = [...denials].reverse();
        expect(contents(listOf([...others.slice(at), ...crowd, ...others]))).toEqual(expected);
        const rows = [...crowd, ...denials];
        const gone = new Set(withoutRoom(rows));
        expect(contents(listOf(rows.filter((each) => !gone.has(each))))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  test('are the same once they have taken each other, whatever was changed in between', () => {
    const some = fc.array(oneOf(6, 3), { maxLength: 8 });
    void fc.assert(
      fc.property(fc.array(some, { minLength: 3, maxLength: 3 }), fc.boolean(), (all, isReversed) => {
        const lists = all.map((each) => listOf(isReversed ? [...each, ...crowd] : [...crowd, ...each]));
        for (let rounds = 0; rounds < 4; rounds++)
          for (const from of lists) for (const to of lists) learn(to, from.entries());
        const [first, ...others] = lists.map(contents);
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 15 },
    );
  });

  test('name what gives way to an earlier denial', () => {
    const gone: string[] = [];
    const list = new DenialList(({ name }) => gone.push(name));
    for (const each of many(denialsMax, true)) list.take({ ...each, since: each.since + 1 });
    expect(list.take({ ...denial, since: 5000 })).toBe('full');
    expect(list.take({ ...denial, since: 0 })).toBe('newer');
    expect(gone).toEqual([`n${denialsMax - 1}-true`]);
    expect(list.ofNode(idOf('b'))).toBeDefined();
    expect(list.ofNode(idOf(`n${denialsMax - 1}-true`))).toBeUndefined();
  });

  test('let in what was taken back also where there is no room to remember it', () => {
    const list = listOf([
      ...many(denialsTakenBackMax, false).map((each) => ({ ...each, since: 99 })),
      denial,
    ]);
    expect(list.take({ ...denial, version: 2, isDenied: false, since: 1 })).toBe('newer');
    expect(list.isEmpty).toBe(true);
    expect(list.take({ ...denial, version: 2, isDenied: false, since: 1 })).toBe('full');
  });
});

describe('a list', () => {
  test('shuts out the name and the identity of what is denied, until it is taken back', () => {
    const list = listOf([denial]);
    expect(list.ofNode(idOf('b'))).toEqual(denial);
    expect(list.ofIdentity(x)).toEqual(denial);
    list.take({ ...denial, version: 2, isDenied: false });
    expect(list.ofNode(idOf('b'))).toBeUndefined();
    expect(list.ofIdentity(x)).toBeUndefined();
    expect(list.isEmpty).toBe(true);
    expect(list.take(denial)).toBe('known');
  });

  test('of two changes that know nothing of each other takes the denial', () => {
    const allowed = { ...denial, isDenied: false, since: 9 };
    expect(listOf([allowed, denial]).all()).toEqual([denial]);
    expect(listOf([denial, allowed]).all()).toEqual([denial]);
  });

  test('keeps the name shut out by what is left of its denials', () => {
    const list = listOf([denial, { ...denial, identity: '' }, { ...denial, version: 2, isDenied: false }]);
    expect(list.ofNode(idOf('b'))).toMatchObject({ identity: '' });
    expect(list.ofIdentity(x)).toBeUndefined();
  });

  test('does not believe a version that nobody could ever outrank', () => {
    const far = denialLimits.denialStepMax + 1;
    expect(new DenialList().take({ ...denial, version: far })).toBe('unfit');
    expect(new DenialList().take({ ...denial, version: Number.MAX_SAFE_INTEGER })).toBe('unfit');
    expect(listOf([denial]).take({ ...denial, version: far, isDenied: false })).toBe('newer');
  });

  test('that is full takes no other name, and still takes what is taken back', () => {
    const list = listOf(
      Array.from({ length: denialLimits.denialsMax }, (_, i) => ({ ...denial, name: `n${i}`, since: 1 })),
    );
    expect(list.isFull).toBe(true);
    expect(list.take(denial)).toBe('full');
    expect(list.take({ ...denial, name: 'n7', version: 2, isDenied: false })).toBe('newer');
    expect(list.take(denial)).toBe('newer');
    expect(list.size).toBe(denialLimits.denialsMax);
  });

  test('forgets what was taken back longest ago', () => {
    const count = denialLimits.denialsTakenBackMax + 5;
    const list = listOf(
      Array.from({ length: count }, (_, i) => ({ ...denial, name: `n${i}`, isDenied: false, since: i })),
    );
    expect(list.entries()).toHaveLength(denialLimits.denialsTakenBackMax);
    expect(list.known(`n4 ${x}`)).toBeUndefined();
    expect(list.known(`n5 ${x}`)).toBeDefined();
  });
});
