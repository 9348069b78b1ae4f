/**
 * A binary heap whose items know where they are, so that any item can be taken out or moved in logarithmic time.
 *
 * Who uses it: matching, for what has changed since it was last looked at, and for times. Where the order of items changes,
 * it is either the same for all items that are in, or the changed item is put again. A map of places would cost more than
 * all else: a write to it for each step of each item.
 */

/** What can be in a heap, or in several of different numbers. */
export interface HeapPlaces {
  /** By the number of the heap: where the item is in it. Negative: it is not in. */
  readonly heapPlaces: number[];
}

export class IndexedHeap<T extends HeapPlaces> {
  private readonly items: T[] = [];
  private readonly isBefore: (a: T, b: T) => boolean;
  private readonly number: number;

  /** @param number Its own among those that its items can be in, from 0. */
  constructor(isBefore: (a: T, b: T) => boolean, number = 0) {
    this.isBefore = isBefore;
    this.number = number;
  }

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  has(item: T): boolean {
    return this.placeOf(item) >= 0;
  }

  /** Adds the item, or moves it to where it belongs now. */
  put(item: T): void {
    const known = this.placeOf(item);
    const at = known < 0 ? this.items.length : known;
    this.sink(this.rise(at, item), item);
  }

  /** Moves the item to where it belongs now, if it is in. */
  refresh(item: T): void {
    if (this.has(item)) this.put(item);
  }

  delete(item: T): boolean {
    const at = this.placeOf(item);
    if (at < 0) return false;
    item.heapPlaces[this.number] = -1;
    const last = this.items.pop() as T;
    if (at < this.items.length) this.sink(this.rise(at, last), last);
    return true;
  }

  /** Makes room for the item among those above it. @returns Where. */
  private rise(from: number, item: T): number {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const other = this.items[above] as T;
      if (!this.isBefore(item, other)) break;
      this.set(at, other);
      at = above;
    }
    return at;
  }

  private sink(from: number, item: T): void {
    let at = from;
    for (;;) {
      const below = this.lesserBelow(at);
      const other = this.items[below];
      if (other === undefined || !this.isBefore(other, item)) break;
      this.set(at, other);
      at = below;
    }
    this.set(at, item);
  }

  private lesserBelow(at: number): number {
    const left = 2 * at + 1;
    const right = left + 1;
    if (right >= this.items.length) return left;
    return this.isBefore(this.items[right] as T, this.items[left] as T) ? right : left;
  }

  private placeOf({ heapPlaces }: T): number {
    return heapPlaces[this.number] as number;
  }

  private set(at: number, item: T): void {
    this.items[at] = item;
    item.heapPlaces[this.number] = at;
  }
}
