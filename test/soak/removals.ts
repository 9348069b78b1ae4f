/**
 * Who lost links since a key was removed, and whom a broadcast must reach all the same.
 *
 * Used by the judge for what was sent while the key was changed. Invariant: only broadcasts are excused, since
 * they go to whom their sender knows at that moment; a message to a name waits until that node is back.
 */
import { overlap } from './history.ts';
import type { Interval } from './protocol.ts';

/** The links that were closed are back long before. */
const backMs = 5000;

interface Removal {
  readonly names: ReadonlySet<string>;
  readonly fromMs: number;
  toMs: number;
}

export class Removals {
  private readonly all: Removal[] = [];

  /** @returns what ends it. */
  begin(names: readonly string[], fromMs: number): (toMs: number) => void {
    const removal: Removal = { names: new Set(names), fromMs, toMs: Number.POSITIVE_INFINITY };
    this.all.push(removal);
    return (toMs) => {
      removal.toMs = toMs + backMs;
    };
  }

  /** How many of the others a broadcast must have reached, whatever its sender knew. */
  reachedByAll(sender: string, others: readonly string[], during: Interval): number {
    const names = this.all.filter((removal) => overlap(removal, during)).map((removal) => removal.names);
    if (names.some((removed) => removed.has(sender))) return 0;
    return others.filter((other) => !names.some((removed) => removed.has(other))).length;
  }
}
