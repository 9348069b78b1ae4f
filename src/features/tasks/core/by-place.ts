/**
 * Values by the place of a task in the store, of which most are close to others that are here.
 *
 * Used by the broker for all tasks that have not ended. Places are in pages, so that what is searched by its hash is a
 * thirty-second as large: with 100,000 tasks it stays in the cache of the processor, and to grow it copies little.
 * Invariant: a page has at least one value.
 */
interface Page<Value> {
  readonly values: (Value | undefined)[];
  count: number;
}

const placesPerPage = 32;

export class ByPlace<Value> {
  size = 0;
  private readonly pages = new Map<number, Page<Value>>();

  get(n: number): Value | undefined {
    return this.pages.get(Math.floor(n / placesPerPage))?.values[n % placesPerPage];
  }

  set(n: number, value: Value): void {
    const number = Math.floor(n / placesPerPage);
    let page = this.pages.get(number);
    if (page === undefined) {
      page = { values: new Array(placesPerPage).fill(undefined), count: 0 };
      this.pages.set(number, page);
    }
    const at = n % placesPerPage;
    if (page.values[at] === undefined) {
      page.count++;
      this.size++;
    }
    page.values[at] = value;
  }

  delete(n: number): void {
    const number = Math.floor(n / placesPerPage);
    const page = this.pages.get(number);
    const at = n % placesPerPage;
    if (page === undefined || page.values[at] === undefined) return;
    page.values[at] = undefined;
    page.count--;
    this.size--;
    if (page.count === 0) this.pages.delete(number);
  }

  *values(): Generator<Value> {
    for (const { values } of this.pages.values())
      for (const value of values) if (value !== undefined) yield value;
  }

  clear(): void {
    this.pages.clear();
    this.size = 0;
  }
}
