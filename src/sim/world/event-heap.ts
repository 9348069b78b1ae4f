/**
 * What is going to happen, soonest first: a binary heap over (time, number).
 *
 * Who calls it: the world only. Invariant: two events of one instant leave in the order they were put
 * in; without that the same seed would not give the same run. A canceled event stays in the heap until
 * its time and is then passed over: taking it out of the middle would cost more.
 */

export interface ScheduledEvent {
  readonly at: number;
  /** Counts up over the whole run: breaks ties of time. */
  readonly number: number;
  /** Undefined once canceled. */
  run: (() => void) | undefined;
}

export class EventHeap {
  private readonly items: ScheduledEvent[] = [];

  get size(): number {
    return this.items.length;
  }

  peek(): ScheduledEvent | undefined {
    return this.items[0];
  }

  push(event: ScheduledEvent): void {
    let at = this.items.length;
    this.items.push(event);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.items[parentAt] as ScheduledEvent;
      if (!isBefore(event, parent)) break;
      this.items[at] = parent;
      at = parentAt;
    }
    this.items[at] = event;
  }

  pop(): ScheduledEvent | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(last);
    return first;
  }

  private sink(event: ScheduledEvent): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= items.length) break;
      const right = items[childAt + 1];
      if (right !== undefined && isBefore(right, items[childAt] as ScheduledEvent)) childAt++;
      const child = items[childAt] as ScheduledEvent;
      if (!isBefore(child, event)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = event;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at !== b.at ? a.at < b.at : a.number < b.number;
}
