/**
 * Which denials stay where there is no room for all: one rule for the list of every member, its file, and the store.
 *
 * Of what is denied the earliest stay, so that a flood of later ones shuts nobody in again; of what was taken back the
 * latest stay, since members that were away for long come back seldom. Invariant: of some denials the same stay, in
 * whatever order they came.
 */
import { type Denial, keyOf } from './denial.ts';
import { denialLimits } from './limits.ts';

/** Of one kind, denied or taken back. Positive: `a` stays. */
function compareRank(a: Denial, b: Denial): number {
  const later = a.since - b.since || (keyOf(a) > keyOf(b) ? 1 : keyOf(a) < keyOf(b) ? -1 : 0);
  return a.isDenied ? -later : later;
}

/** Those of different pairs for which a list has no room. */
export function withoutRoom(denials: readonly Denial[]): readonly Denial[] {
  const { denialsMax, denialsTakenBackMax } = denialLimits;
  const beyond = (isDenied: boolean, max: number): Denial[] => {
    const kind = denials.filter((each) => each.isDenied === isDenied);
    return kind.length <= max ? [] : kind.sort((a, b) => compareRank(b, a)).slice(max);
  };
  return [...beyond(true, denialsMax), ...beyond(false, denialsTakenBackMax)];
}

/** Denials of one kind, by key. */
export class RankedDenials {
  private readonly max: number;
  private readonly rows = new Map<string, Denial>();
  /** The first to give way; undefined: it is to be looked for. */
  private last: Denial | undefined;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.rows.size;
  }

  get isFull(): boolean {
    return this.rows.size >= this.max;
  }

  get(key: string): Denial | undefined {
    return this.rows.get(key);
  }

  values(): Iterable<Denial> {
    return this.rows.values();
  }

  /** @returns What has no room, if it is full: another one, or this one. */
  put(key: string, denial: Denial): Denial | undefined {
    const last = this.isFull && !this.rows.has(key) ? this.lowest() : undefined;
    if (last !== undefined && compareRank(denial, last) < 0) return denial;
    if (last !== undefined) this.rows.delete(keyOf(last));
    this.rows.set(key, denial);
    this.last = undefined;
    return last;
  }

  delete(key: string): boolean {
    if (this.last !== undefined && keyOf(this.last) === key) this.last = undefined;
    return this.rows.delete(key);
  }

  private lowest(): Denial | undefined {
    if (this.last === undefined)
      for (const each of this.rows.values())
        if (this.last === undefined || compareRank(each, this.last) < 0) this.last = each;
    return this.last;
  }
}
