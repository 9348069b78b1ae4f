/**
 * Events that a member can cause as often as it likes: the first is noted, those after it are counted, and the count is
 * noted a minute later.
 *
 * Made by the chronicle. Invariant: whatever members do, the log gets two events of one kind in a minute, and of all kinds
 * together a limited number.
 */
import type { LogEvent } from '../../../kernel/log-event.ts';
import { swarmLimits } from './limits.ts';

interface Repeat {
  readonly event: LogEvent;
  readonly until: number;
  count: number;
}

/** No kind of a feature: those have no spaces at the beginning. */
const others = ' others';

export class Repeats {
  /** In the order of their ends. */
  private readonly repeats = new Map<string, Repeat>();

  /** @param kind What is counted together. @returns Whether the event itself is to be noted. */
  isFirst(kind: string, event: LogEvent, now: number): boolean {
    const isKnown = this.repeats.has(kind) || this.repeats.size < swarmLimits.swarmRepeatsMax;
    const counted = isKnown ? kind : others;
    const known = this.repeats.get(counted);
    if (known !== undefined) {
      known.count++;
      return false;
    }
    const of = isKnown ? event : { ...event, author: '', note: 'others' };
    this.repeats.set(counted, { event: of, until: now + swarmLimits.swarmRepeatMs, count: isKnown ? 0 : 1 });
    return isKnown;
  }

  nextDeadline(): number {
    for (const { until } of this.repeats.values()) return until;
    return Number.POSITIVE_INFINITY;
  }

  /** Counts of what has ended by then. @param at Unix milliseconds. */
  ended(now: number, at: number): readonly LogEvent[] {
    const counts: LogEvent[] = [];
    for (const [kind, { event, until, count }] of this.repeats) {
      if (until > now) break;
      this.repeats.delete(kind);
      if (count === 0) continue;
      const seconds = swarmLimits.swarmRepeatMs / 1000;
      const note = `${event.note}: ${count} more within ${seconds} s`;
      counts.push({ ...event, at: Math.floor(at), subject: '', recipients: [], note });
    }
    return counts;
  }

  clear(): void {
    this.repeats.clear();
  }
}
