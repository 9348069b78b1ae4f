/**
 * Things that wait for an answer, by number, each to be looked at when its time has come.
 *
 * Who uses it: messages that wait for receipts, calls that wait for replies. Nearly all have their answer long
 * before their first look: until then they cost one entry in a map, in the order in which their looks come, and
 * nothing that somebody must clear away. (A timeline alone kept a number of each for a second, at a million a
 * second.) Invariant: an item comes due at or after its `wakeAt`, at most one bucket later.
 */
import { Numbered } from './numbered.ts';
import { Timeline } from './timeline.ts';

export interface Awaiting {
  /** Only `add` and `move` may set it. */
  wakeAt: number;
}

/** Looks are this late at most. */
const bucketMs = 20;
const never = Number.POSITIVE_INFINITY;

export class Awaited<Item extends Awaiting> {
  /** Not looked at yet: the lower the number, the sooner the look. */
  private readonly young = new Numbered<Item>();
  /** Not higher than any young one's number; only looking moves it on. */
  private first = 0;
  private last = -1;
  private readonly aged = new Map<number, Item>();
  /** Not lower than the number of any that aged: most that are asked for in vain are higher. */
  private lastAged = Number.NEGATIVE_INFINITY;
  private readonly timeline = new Timeline(bucketMs);
  /** Of the last young one. */
  private lastWakeAt = Number.NEGATIVE_INFINITY;
  /** Not later than the first look of any young one; only looking moves it on. */
  private lookAt = never;

  get size(): number {
    return this.young.size + this.aged.size;
  }

  get(number: number): Item | undefined {
    return this.young.get(number) ?? (number > this.lastAged ? undefined : this.aged.get(number));
  }

  *all(): Iterable<Item> {
    yield* this.young.values();
    yield* this.aged.values();
  }

  /** @param isUsual Its first look comes as long from now as that of most. Default true. */
  add(number: number, item: Item, wakeAt: number, isUsual = true): void {
    item.wakeAt = wakeAt;
    if (!isUsual || (wakeAt < this.lastWakeAt && this.young.size > 0)) return this.age(number, item);
    if (this.young.size === 0) this.first = number;
    this.last = number;
    this.lastWakeAt = wakeAt;
    this.young.set(number, item);
    // Alone it may be sooner than what was there before.
    if (this.young.size === 1) this.lookAt = Math.min(this.lookAt, bucketEnd(wakeAt));
  }

  /** It is looked at then, and not before. */
  move(number: number, item: Item, wakeAt: number): void {
    item.wakeAt = wakeAt;
    this.young.delete(number);
    this.age(number, item);
  }

  /** False when it is not there. */
  delete(number: number): boolean {
    return this.young.delete(number) || this.aged.delete(number);
  }

  nextDeadline(): number {
    return Math.min(this.lookAt, this.timeline.nextDeadline());
  }

  /** Whose time has come. Each is to be moved or deleted: it does not come due by itself again. */
  due(now: number): Item[] {
    const due: Item[] = [];
    if (now >= this.lookAt) this.look(now, due);
    for (const number of this.timeline.due(now)) {
      const item = this.aged.get(number);
      // Of the entries of one item only that for its last time counts.
      if (item === undefined || item.wakeAt > now) continue;
      item.wakeAt = never;
      due.push(item);
    }
    return due;
  }

  private look(now: number, due: Item[]): void {
    for (; this.first <= this.last && this.young.size > 0; this.first++) {
      const item = this.young.get(this.first);
      if (item === undefined) continue;
      if (item.wakeAt > now) {
        this.lookAt = bucketEnd(item.wakeAt);
        return;
      }
      this.young.delete(this.first);
      this.setAged(this.first, item);
      item.wakeAt = never;
      due.push(item);
    }
    this.lookAt = never;
  }

  private age(number: number, item: Item): void {
    this.setAged(number, item);
    this.timeline.add(item.wakeAt, number);
  }

  private setAged(number: number, item: Item): void {
    this.aged.set(number, item);
    this.lastAged = Math.max(this.lastAged, number);
  }
}

function bucketEnd(at: number): number {
  return Math.ceil(at / bucketMs) * bucketMs;
}
