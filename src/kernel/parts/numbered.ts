/**
 * A map from numbers that mostly rise, to things that are mostly gone soon after they came.
 *
 * Who uses it: whatever is kept for a message or a call until it is over. A `Map` would do, but a map whose entries
 * come and go leaves its old tables behind, and what those once named survives one young collection after the
 * other: with a thousand messages on their way collecting took half of the sender's time. Here an entry lies in a
 * ring, and its place is empty once it is gone. Invariant: it answers as a map would; who stays for long while many
 * others come and go lies in a map at last.
 */
const sizeMin = 64;
const sizeMax = 65_536;

export class Numbered<Item> {
  private items: (Item | undefined)[] = new Array<undefined>(sizeMin).fill(undefined);
  private numbers = new Float64Array(sizeMin);
  private mask = sizeMin - 1;
  /** In the ring. */
  private count = 0;
  private readonly stayed = new Map<number, Item>();
  /** Not lower than the number of any that stayed. */
  private lastStayed = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.count + this.stayed.size;
  }

  get(number: number): Item | undefined {
    // What JavaScript's operators cut to 32 bits are the upper ones: the lower ones are all that a place needs.
    const at = number & this.mask;
    const item = this.items[at];
    if (item !== undefined && this.numbers[at] === number) return item;
    // Mostly asked for is what has just gone: looking for it among what stays would cost more than all the rest.
    return number > this.lastStayed ? undefined : this.stayed.get(number);
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  set(number: number, item: Item): void {
    const at = number & this.mask;
    if (this.items[at] === undefined) {
      if (number <= this.lastStayed) this.stayed.delete(number);
      this.count++;
    } else if (this.numbers[at] !== number) return this.makePlace(number, item);
    this.items[at] = item;
    this.numbers[at] = number;
  }

  /** False when it is not there. */
  delete(number: number): boolean {
    const at = number & this.mask;
    if (this.items[at] === undefined || this.numbers[at] !== number) return this.stayed.delete(number);
    this.items[at] = undefined;
    this.count--;
    return true;
  }

  *values(): Iterable<Item> {
    yield* this.stayed.values();
    for (const item of this.items) if (item !== undefined) yield item;
  }

  /** Its place is another's: of many the ring is too small, one alone has stayed for long. */
  private makePlace(number: number, item: Item): void {
    if (this.count > this.items.length / 2 && this.items.length < sizeMax) {
      this.grow();
    } else {
      const at = number & this.mask;
      const staying = this.numbers[at] as number;
      this.lastStayed = Math.max(this.lastStayed, staying);
      this.stayed.set(staying, this.items[at] as Item);
      this.items[at] = undefined;
      this.count--;
    }
    this.set(number, item);
  }

  private grow(): void {
    const { items, numbers } = this;
    this.items = new Array<undefined>(items.length * 2).fill(undefined);
    this.numbers = new Float64Array(items.length * 2);
    this.mask = items.length * 2 - 1;
    this.count = 0;
    for (const [at, item] of items.entries()) if (item !== undefined) this.set(numbers[at] as number, item);
  }
}
