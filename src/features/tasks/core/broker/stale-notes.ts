/**
 * How many of the ends that are refused the log has of each member: a member that invents ends may go on without end.
 *
 * Used by the endings. Rows are reserved as an operation of the store is asked for, since several may be under way, and what
 * it has not used is given back. Invariant: of one member no more are noted than the limit, and as many again in its time.
 */
import { taskLimits } from '../limits.ts';

interface Used {
  rows: number;
  /** Kernel time at which that was so: rows are free again as time passes. */
  at: number;
}

const { taskStaleNotedMax, taskStaleNotedMs, taskWorkersMax } = taskLimits;

export class StaleNotes {
  /** By name, the one that was not heard of for the longest time first. */
  private readonly members = new Map<string, Used>();

  /** @returns how many of them may be noted. */
  reserve(member: string, count: number, now: number): number {
    const used = this.of(member, now);
    const rows = Math.min(count, Math.floor(taskStaleNotedMax - used.rows));
    used.rows += rows;
    this.members.delete(member);
    this.members.set(member, used);
    if (this.members.size > taskWorkersMax) this.members.delete(this.members.keys().next().value as string);
    return rows;
  }

  /** Of what was reserved, these were not noted. */
  unused(member: string, rows: number): void {
    const used = this.members.get(member);
    if (used !== undefined) used.rows = Math.max(0, used.rows - rows);
  }

  private of(member: string, now: number): Used {
    const used = this.members.get(member);
    if (used === undefined) return { rows: 0, at: now };
    const freed = ((now - used.at) * taskStaleNotedMax) / taskStaleNotedMs;
    return { rows: Math.max(0, used.rows - freed), at: now };
  }
}
