/**
 * What is to be done later: ends of faults, plugs that flap.
 *
 * Who calls it: the director, before and while time passes. Invariant: what is due runs in order of its
 * time, one after the other, and exactly once.
 */

interface Entry {
  readonly at: number;
  readonly run: () => Promise<void>;
}

export class Agenda {
  private readonly entries: Entry[] = [];

  add(at: number, run: () => Promise<void>): void {
    this.entries.push({ at, run });
    this.entries.sort((a, b) => a.at - b.at);
  }

  /** When there is something to do next. */
  get next(): number {
    return this.entries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  async run(now: number): Promise<void> {
    while (this.next <= now) await this.entries.shift()?.run();
  }
}
