/**
 * What is going to happen, soonest first: a binary heap over (time, number).
 *
 * Who calls it: the simulated world, and what has many deadlines far from each other. Invariant: two events of one instant
 * leave in the order of their numbers; without that the same seed would not give the same run. What is not wanted any more
 * stays in the heap until its time and is then passed over: taking it out of the middle would cost more.
 */

export interface Timed {
  readonly at: number;
  /** Breaks ties of time. */
  readonly number: number;
}

export class EventHeap<Event extends Timed> {
  private readonly items: Event[] = [];

  get size(): number {
    return this.items.length;
  }

  peek(): Event | undefined {
    return this.items[0];
  }

  push(event: Event): void {
    let at = this.items.length;
    this.items.push(event);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.items[parentAt] as Event;
      if (!isBefore(event, parent)) break;
      this.items[at] = parent;
      at = parentAt;
    }
    this.items[at] = event;
  }

  pop(): Event | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(last);
    return first;
  }

  private sink(event: Event): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= items.length) break;
      const right = items[childAt + 1];
      if (right !== undefined && isBefore(right, items[childAt] as Event)) childAt++;
      const child = items[childAt] as Event;
      if (!isBefore(child, event)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = event;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at !== b.at ? a.at < b.at : a.number < b.number;
}
