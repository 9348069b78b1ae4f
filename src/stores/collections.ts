/**
 * What the state of a store model is made of: tables of rows and single cells, all with a way back.
 *
 * Who calls it: the operations of models. Invariant: rows are plain and frozen, so that every change goes through
 * here and is noted in the journal; rows come in the order of their keys, so that undoing leaves no trace of itself.
 */
import type { Journal } from './journal.ts';
import { compareKeys, type Key, keptKey } from './key.ts';
import { frozen } from './plain-data.ts';
import { SortedRows } from './sorted-rows.ts';

/** What each part of a state is: only a store, which brings the journal, makes it able to change. */
export abstract class Collection {
  private attached: Journal | undefined;

  /** The store calls it, before the first operation: changes are noted in this journal from now on. */
  attach(journal: Journal): void {
    this.attached = journal;
  }

  /** Notes how a change is undone. @throws Error before a store has attached its journal. */
  protected note(wayBack: () => void): void {
    if (this.attached === undefined)
      throw new Error('a collection belongs to no store yet: fill it in an operation, not in initial()');
    this.attached.note(wayBack);
  }
}

export interface KeyRange<K extends Key> {
  /** The first key, itself included. Default: the table's first. */
  readonly from?: K;
  /** The first key that is not part of it any more. Default: none. */
  readonly below?: K;
}

/** Rows by key, in the order of keys. */
export class Table<K extends Key, Row> extends Collection {
  private readonly sorted = new SortedRows<K, Row>();

  /** How many rows there are. */
  get size(): number {
    return this.sorted.size;
  }

  /** The row of this key. Undefined: there is none. */
  get(key: K): Row | undefined {
    return this.sorted.find(key)?.[1];
  }

  /** True: there is a row of this key. */
  has(key: K): boolean {
    return this.sorted.find(key) !== undefined;
  }

  /** Adds the row or replaces it. @throws TypeError for a row that is not plain data, or what is no key. */
  put(key: K, row: Row): void {
    const own = keptKey(key);
    frozen(row, 'a row');
    const before = this.sorted.find(own);
    if (before === undefined) this.note(() => this.sorted.delete(own));
    else this.note(() => this.sorted.set(...before));
    this.sorted.set(own, row);
  }

  /** False: there was none. */
  delete(key: K): boolean {
    const before = this.sorted.find(key);
    if (before === undefined) return false;
    this.note(() => this.sorted.set(...before));
    this.sorted.delete(key);
    return true;
  }

  /** The last key, with its row. Undefined: there is none. */
  last(): readonly [K, Row] | undefined {
    return this.sorted.last();
  }

  /** In the order of keys. The table may change meanwhile: what lies ahead is seen as it then is. */
  *rows({ from, below }: KeyRange<K> = {}): Generator<readonly [K, Row]> {
    for (const entry of this.sorted.from(from)) {
      if (below !== undefined && compareKeys(entry[0], below) >= 0) return;
      yield entry;
    }
  }
}

/** One value: a counter, the highest number given. */
export class Cell<Value> extends Collection {
  private kept: Value;

  constructor(initial: Value) {
    super();
    this.kept = frozen(initial, 'a cell');
  }

  get value(): Value {
    return this.kept;
  }

  /** @throws TypeError for what is not plain data. */
  set value(next: Value) {
    const before = this.kept;
    frozen(next, 'a cell');
    this.note(() => {
      this.kept = before;
    });
    this.kept = next;
  }
}
