/**
 * A binary heap that knows where each item is, so that any item can be taken out or moved in logarithmic time.
 *
 * Who uses it: matching, for the tasks of a shape, for what has changed since it was last looked at, and for times. Where
 * the order of items changes, it is either the same for all items that are in, or the changed item is put again.
 */
export class IndexedHeap<T> {
  private readonly items: T[] = [];
  private readonly places = new Map<T, number>();
  private readonly isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore;
  }

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  has(item: T): boolean {
    return this.places.has(item);
  }

  /** Adds the item, or moves it to where it belongs now. */
  put(item: T): void {
    const at = this.places.get(item) ?? this.items.length;
    this.sink(this.rise(at, item), item);
  }

  /** Moves the item to where it belongs now, if it is in. */
  refresh(item: T): void {
    if (this.places.has(item)) this.put(item);
  }

  delete(item: T): boolean {
    const at = this.places.get(item);
    if (at === undefined) return false;
    this.places.delete(item);
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

  private set(at: number, item: T): void {
    this.items[at] = item;
    this.places.set(item, at);
  }
}
