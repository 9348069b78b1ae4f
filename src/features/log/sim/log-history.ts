/**
 * The one history that all readers of the log in a run have seen.
 *
 * Who calls it: the log workload, with whatever a program has read. It stands outside the nodes and judges at once: an
 * event that two readers have seen otherwise, a hole between two events of one reader that nobody has reported.
 * Invariant: it only records and complains.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { World } from '../../../sim/world/world.ts';
import type { LogEntry } from '../api.ts';

export class LogHistory {
  readonly counts: Record<string, number> = {};
  private readonly world: World;
  private readonly checks: CheckCounts;
  /** By cursor. */
  private readonly seen = new Map<string, string>();
  private readonly types = new Map<string, number>();
  /** The highest number that anybody has seen. */
  end = 0;

  constructor(world: World, checks: CheckCounts) {
    this.world = world;
    this.checks = checks;
  }

  /** @param who For people. @param entries One after the other, without a filter. */
  read(who: string, before: LogEntry | undefined, entries: readonly LogEntry[]): void {
    let last = before;
    for (const entry of entries) {
      if (last !== undefined && entry.n !== last.n + 1)
        this.world.fail(`${who} has read event ${entry.n} of the log after ${last.n} (${entry.type})`);
      this.compare(who, entry);
      last = entry;
    }
    count(this.checks, 'the log has no holes', entries.length);
  }

  /** How many letters the log says were stored. */
  countOf(type: string): number {
    return this.types.get(type) ?? 0;
  }

  private compare(who: string, entry: LogEntry): void {
    if (entry.type === 'log.gap' || entry.type === 'log.reset')
      this.world.fail(`${who} was given a ${entry.type} on a machine that has lost nothing: ${entry.note}`);
    const text = JSON.stringify(entry);
    const before = this.seen.get(entry.cursor);
    if (before === undefined) {
      this.seen.set(entry.cursor, text);
      this.types.set(entry.type, this.countOf(entry.type) + 1);
      this.counts[entry.type] = this.countOf(entry.type);
      this.end = Math.max(this.end, entry.n);
    } else if (before !== text) this.world.fail(`${who} has read ${text} where another has read ${before}`);
    count(this.checks, 'the log is one', 1);
  }
}
