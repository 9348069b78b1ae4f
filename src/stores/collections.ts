/**
 * What the state of a store model is made of: tables of rows and single cells, all with a way back.
 *
 * Who calls it: the operations of models. Invariant: rows are plain and frozen, so that every change goes through
 * here and is noted in the journal; rows come in the order of their keys, so that undoing leaves no trace of itself.
 */
import type { Journal } from './journal.ts';
import { compareKeys, type Key, keptKey } from './key.ts';
import { frozen } from './plain-data.ts';

/** What each part of a state is: only a store, which brings the journal, makes it able to change. */
export abstract class Collection {
  private attached: Journal | undefined;

  attach(journal: Journal): void {
    this.attached = journal;
  }

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
  /** Sorted; the row of a key has the same index. */
  private readonly keys: K[] = [];
  private readonly kept: Row[] = [];
  private version = 0;

  get size(): number {
    return this.keys.length;
  }

  get(key: K): Row | undefined {
    const at = this.positionOf(key);
    return this.isAt(at, key) ? this.kept[at] : undefined;
  }

  has(key: K): boolean {
    return this.isAt(this.positionOf(key), key);
  }

  /** Adds the row or replaces it. @throws TypeError for a row that is not plain data, or what is no key. */
  put(key: K, row: Row): void {
    const own = keptKey(key);
    frozen(row, 'a row');
    const at = this.positionOf(own);
    if (this.isAt(at, own)) {
      const before = this.kept[at] as Row;
      this.note(() => this.replace(own, before));
      this.kept[at] = row;
    } else {
      this.note(() => this.takeOut(this.positionOf(own)));
      this.putIn(at, own, row);
    }
  }

  /** False: there was none. */
  delete(key: K): boolean {
    const at = this.positionOf(key);
    if (!this.isAt(at, key)) return false;
    const [own, before] = [this.keys[at] as K, this.kept[at] as Row];
    this.note(() => this.putIn(this.positionOf(own), own, before));
    this.takeOut(at);
    return true;
  }

  /** In the order of keys. The table may change meanwhile: what lies ahead is seen as it then is. */
  *rows({ from, below }: KeyRange<K> = {}): Generator<readonly [K, Row]> {
    let at = from === undefined ? 0 : this.positionOf(from);
    while (at < this.keys.length) {
      const key = this.keys[at] as K;
      if (below !== undefined && compareKeys(key, below) >= 0) return;
      const { version } = this;
      yield [key, this.kept[at] as Row];
      if (version === this.version) at++;
      else {
        at = this.positionOf(key);
        if (this.isAt(at, key)) at++;
      }
    }
  }

  private replace(key: K, row: Row): void {
    this.kept[this.positionOf(key)] = row;
  }

  private putIn(at: number, key: K, row: Row): void {
    this.version++;
    this.keys.splice(at, 0, key);
    this.kept.splice(at, 0, row);
  }

  private takeOut(at: number): void {
    this.version++;
    this.keys.splice(at, 1);
    this.kept.splice(at, 1);
  }

  private isAt(at: number, key: K): boolean {
    const found = this.keys[at];
    return found !== undefined && compareKeys(found, key) === 0;
  }

  /** Where the key is, or where it would have to be. */
  private positionOf(key: K): number {
    const last = this.keys.at(-1);
    // Most new rows come last: positions and times rise.
    if (last === undefined || compareKeys(last, key) < 0) return this.keys.length;
    let [low, high] = [0, this.keys.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.keys[middle] as K, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
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
