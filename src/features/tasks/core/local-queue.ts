/**
 * A worker's own queue: tasks that it has claimed and not begun, in the order in which they are to begin.
 *
 * Used by the workbench, and by the broker to know what the worker will begin with. Priority 1 goes to the front, 2 to the middle, 3 to the end. Later ones may pass a task that does
 * not fit yet, 64 times: then nothing is put before it, and nothing behind it begins while there is no room for it.
 * Invariant: every task that can run in this worker is begun at last.
 */
import { taskLimits } from './limits.ts';
import type { Priority } from './tasks-types.ts';

/** `full`: its service runs as many as it may. `no-room`: what it needs is in use. */
export type MayBegin = 'begin' | 'full' | 'no-room';

interface Place<Item> {
  readonly item: Item;
  /** Later ones have higher numbers. */
  readonly serial: number;
  passed: number;
}

export class LocalQueue<Item extends { readonly priority: Priority }> {
  private places: Place<Item>[] = [];
  private lastSerial = 0;

  get length(): number {
    return this.places.length;
  }

  /** In the order in which they are to begin. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const { item } of this.places) yield item;
  }

  add(item: Item): void {
    const { length } = this.places;
    const { priority } = item;
    const wanted = priority === 1 ? 0 : priority === 2 ? Math.ceil(length / 2) : length;
    let at = length;
    while (at > wanted && !isOftenPassed(this.places[at - 1] as Place<Item>)) at--;
    const place: Place<Item> = { item, serial: ++this.lastSerial, passed: 0 };
    if (at === length) this.places.push(place);
    else this.places.splice(at, 0, place);
  }

  delete(item: Item): void {
    const at = this.places.findIndex((place) => place.item === item);
    if (at >= 0) this.places.splice(at, 1);
  }

  some(test: (item: Item) => boolean): boolean {
    return this.places.some(({ item }) => test(item));
  }

  /** Takes out those for which this is true. */
  take(isTaken: (item: Item) => boolean): Item[] {
    const taken = this.places.filter(({ item }) => isTaken(item));
    if (taken.length > 0) this.places = this.places.filter((place) => !taken.includes(place));
    return taken.map(({ item }) => item);
  }

  /** Takes out the next one that may begin. Those that came before it and are still here were passed by it. */
  next(may: (item: Item) => MayBegin): Item | undefined {
    for (let at = 0; at < this.places.length; at++) {
      const place = this.places[at] as Place<Item>;
      const answer = may(place.item);
      if (answer === 'begin') {
        this.places.splice(at, 1);
        for (const other of this.places) if (other.serial < place.serial) other.passed++;
        return place.item;
      }
      if (answer === 'no-room' && isOftenPassed(place)) return undefined;
    }
    return undefined;
  }

  /** The first one that was passed so often that the worker is kept free for it. */
  get oftenPassed(): Item | undefined {
    return this.places.find(isOftenPassed)?.item;
  }
}

function isOftenPassed({ passed }: Place<unknown>): boolean {
  return passed >= taskLimits.taskPassedMax;
}
