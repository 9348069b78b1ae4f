import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cell, Table } from './collections.ts';
import { Journal } from './journal.ts';
import { compareKeys, type Key } from './key.ts';

function tableOf<K extends Key, Row>(rows: readonly (readonly [K, Row])[]): [Table<K, Row>, Journal] {
  const [table, journal] = [new Table<K, Row>(), new Journal()];
  table.attach(journal);
  journal.begin();
  for (const [key, row] of rows) table.put(key, row);
  journal.keep();
  return [table, journal];
}

const part = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'a', 'b', 'ab'));
const key: fc.Arbitrary<Key> = fc.oneof(part, fc.array(part, { minLength: 1, maxLength: 3 }));
const change = fc.record({ key, isDeletion: fc.boolean(), row: fc.integer() });
const changes = fc.array(change, { maxLength: 30 });
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function apply(table: Table<Key, number>, list: readonly Change[]): void {
  for (const { key, isDeletion, row } of list) {
    if (isDeletion) table.delete(key);
    else table.put(key, row);
  }
}

describe('a table', () => {
  test('is after an undo as it was before, its order included, whatever was changed', () => {
    void fc.assert(
      fc.property(changes, changes, (before, undone) => {
        const [table, journal] = tableOf<Key, number>([]);
        journal.begin();
        apply(table, before);
        journal.keep();
        const kept = [...table.rows()];
        journal.begin();
        apply(table, undone);
        journal.undo();
        expect([...table.rows()]).toEqual(kept);
      }),
    );
  });

  test('has the rows that a list of pairs has, sorted by key', () => {
    void fc.assert(
      fc.property(changes, key, key, (list, from, below) => {
        const [table, journal] = tableOf<Key, number>([]);
        journal.begin();
        apply(table, list);
        const pairs = new Map<string, [Key, number]>();
        for (const { key: each, isDeletion, row } of list) {
          // A list of one is the same key as what is in it.
          const name = JSON.stringify(Array.isArray(each) && each.length === 1 ? each[0] : each);
          if (isDeletion) pairs.delete(name);
          else pairs.set(name, [pairs.get(name)?.[0] ?? each, row]);
        }
        const sorted = [...pairs.values()].sort(([a], [b]) => compareKeys(a, b));
        expect([...table.rows()]).toEqual(sorted);
        expect(table.size).toBe(sorted.length);
        for (const [each, row] of sorted) expect(table.get(each)).toBe(row);
        const within = sorted.filter(
          ([each]) => compareKeys(each, from) >= 0 && compareKeys(each, below) < 0,
        );
        expect([...table.rows({ from, below })]).toEqual(within);
      }),
    );
  });

  test('may lose and gain rows while they are gone through: what lies ahead is seen, nothing twice', () => {
    const [table, journal] = tableOf([10, 20, 30, 40].map((n): [number, string] => [n, `${n}`]));
    journal.begin();
    const seen: number[] = [];
    for (const [n] of table.rows()) {
      seen.push(n);
      table.delete(n);
      if (n === 20) table.put(5, 'behind');
      if (n === 20) table.put(35, 'ahead');
      if (n === 30) table.delete(40);
    }
    expect(seen).toEqual([10, 20, 30, 35]);
    expect([...table.rows()]).toEqual([[5, 'behind']]);
  });

  test('gives the rows of one recipient by the beginning of their keys', () => {
    const [table] = tableOf<readonly [string, number], string>([
      [['bob', 2], 'second'],
      [['ann', 9], 'other'],
      [['bob', 1], 'first'],
      [['bobby', 1], 'another'],
    ]);
    const ofBob = table.rows({ from: ['bob', 0], below: ['bob', Number.POSITIVE_INFINITY] });
    expect([...ofBob].map(([, row]) => row)).toEqual(['first', 'second']);
  });

  test('keeps keys and rows that nobody else can change', () => {
    const [table, journal] = tableOf<readonly string[], { list: number[] }>([]);
    const name = ['a', 'b'];
    const row = { list: [1] };
    journal.begin();
    table.put(name, row);
    name[1] = 'c';
    expect(table.has(['a', 'b'])).toBe(true);
    expect(() => row.list.push(2)).toThrow(TypeError);
    expect(() => {
      (table.get(['a', 'b']) as { list: number[] }).list = [];
    }).toThrow(TypeError);
  });

  test('refuses keys that have no place in the order, and rows that are not plain', () => {
    const [table, journal] = tableOf<Key, unknown>([]);
    journal.begin();
    expect(() => table.put(1.5, 0)).toThrow(
      'a key of a table is 1.5: it must be a text, a whole number, or a list of these',
    );
    expect(() => table.put(['a', Number.NaN], 0)).toThrow('a key of a table is NaN');
    expect(() => table.put(1, { when: new Map() })).toThrow('a row.when is a Map: a store takes plain data');
    expect(table.size).toBe(0);
  });

  test('changes only within an operation of a store', () => {
    const [table] = tableOf<number, string>([[1, 'one']]);
    const outside = 'changes only within an operation';
    expect(() => table.put(2, 'two')).toThrow(outside);
    expect(() => table.put(1, 'other')).toThrow(outside);
    expect(() => table.delete(1)).toThrow(outside);
    expect(() => new Table<number, string>().put(1, 'one')).toThrow('belongs to no store yet');
    expect([...table.rows()]).toEqual([[1, 'one']]);
  });
});

describe('a cell', () => {
  test('is after an undo what it was before the first of several changes', () => {
    const [cell, journal] = [new Cell<{ n: number }>({ n: 1 }), new Journal()];
    cell.attach(journal);
    journal.begin();
    cell.value = { n: 2 };
    cell.value = { n: 3 };
    expect(cell.value.n).toBe(3);
    journal.undo();
    expect(cell.value).toEqual({ n: 1 });
  });

  test('holds a value that changes only by setting another, within an operation', () => {
    const cell = new Cell<{ n: number }>({ n: 1 });
    cell.attach(new Journal());
    expect(() => {
      cell.value.n = 2;
    }).toThrow(TypeError);
    expect(() => {
      cell.value = { n: 2 };
    }).toThrow('changes only within an operation');
    expect(cell.value).toEqual({ n: 1 });
  });
});
