import { describe, expect, test } from 'vitest';
import { Cell, Table } from './collections.ts';
import { storeModel } from './model.ts';
import { StoreParts } from './parts.ts';

type Verbs = { add(by: number): number; later(by: number): unknown; leak(input: undefined): unknown };

const model = storeModel<Verbs, { readonly sum: Cell<number> }>({
  name: 'sum',
  initial: () => ({ sum: new Cell(0) }),
  operations: {
    add: ({ sum }, by) => {
      sum.value += by;
      return sum.value;
    },
    later: async ({ sum }, by) => {
      sum.value += by;
      await undefined;
      sum.value += by;
    },
    leak: (state) => state,
  },
});

const newId = () => '0'.repeat(32);
const add = (by: number) => ({ verb: 'add', input: by as never });

describe('the parts of a store', () => {
  test('refuse two models of one name', () => {
    expect(() => new StoreParts([model, model], new Map(), newId)).toThrow(
      'two store models are called "sum": rename one of them',
    );
  });

  test('refuse a state with a field that could not be undone', () => {
    const plain = storeModel<Record<never, never>, object>({
      name: 'sum',
      initial: () => ({ rows: new Table(), list: [] }),
      operations: {},
    });
    expect(() => new StoreParts([plain], new Map(), newId)).toThrow(
      'the state of store model "sum" has a list that is no Table and no Cell',
    );
  });

  test('undo an operation that returns a promise, and what it does later as well', async () => {
    const parts = new StoreParts([model], new Map(), newId);
    const outcome = parts.execute('sum', { verb: 'later', input: 5 as never });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'SKEIN_FAILED' } });
    expect(outcome.ok || outcome.error.message).toBe(
      'sum later failed in the store: it returned a promise, but operations are synchronous',
    );
    await new Promise(setImmediate);
    expect(parts.execute('sum', add(1))).toEqual({ ok: true, value: 1 });
  });

  test('undo an operation whose answer is not plain data', () => {
    const outcome = new StoreParts([model], new Map(), newId).execute('sum', {
      verb: 'leak',
      input: undefined as never,
    });
    expect(outcome.ok || outcome.error.message).toContain('its answer.sum is a Cell');
  });

  test('give answers that share no memory with what they keep', () => {
    type Keeping = { put(row: { list: number[] }): void; get(): { list: number[] } | undefined };
    const keeping = storeModel<Keeping, { readonly rows: Table<number, { list: number[] }> }>({
      name: 'keeping',
      initial: () => ({ rows: new Table() }),
      operations: { put: ({ rows }, row) => rows.put(1, row), get: ({ rows }) => rows.get(1) },
    });
    const parts = new StoreParts([keeping], new Map(), newId);
    const get = () => parts.execute('keeping', { verb: 'get', input: undefined as never });
    parts.execute('keeping', { verb: 'put', input: { list: [1] } as never });
    const answer = get();
    if (answer.ok) (answer.value as { list: number[] }).list.push(2);
    expect(get()).toEqual({ ok: true, value: { list: [1] } });
  });

  test('refuse a model that names a verb to free room which it does not have', () => {
    expect(() => new StoreParts([{ ...model, frees: ['forget' as never] }], new Map(), newId)).toThrow(
      'the store of sum has no "forget", which its "frees" names: it has add, later, leak',
    );
  });

  test('go on from what an earlier store has left, and begin what a feature has that is new in it', () => {
    const content = new Map();
    new StoreParts([model], content, newId).execute('sum', add(3));
    const other = { ...model, name: 'other' };
    const parts = new StoreParts([model, other], content, newId);
    expect(parts.execute('sum', add(1))).toEqual({ ok: true, value: 4 });
    expect(parts.execute('other', add(1))).toEqual({ ok: true, value: 1 });
  });
});
