/**
 * What a worker says in the log where a handler has blocked the event loop of its program.
 *
 * Used by `api/loop-watch.ts`, which knows how long it stood still. Invariant: a service is named at most once a minute, and
 * only where a handler of it was at work since the look before.
 */
import { taskLimits } from './limits.ts';

export class BlockedLoop {
  private readonly atWork = new Map<string, number>();
  /** At work at some time since the last look. */
  private suspects = new Set<string>();
  /** Kernel time, or that of the program: when each was named last, the oldest first. */
  private readonly saidAt = new Map<string, number>();

  begun(service: string): void {
    this.atWork.set(service, (this.atWork.get(service) ?? 0) + 1);
    this.suspects.add(service);
  }

  ended(service: string): void {
    const left = (this.atWork.get(service) ?? 0) - 1;
    if (left > 0) this.atWork.set(service, left);
    else this.atWork.delete(service);
  }

  /** Nothing is at work, and nothing was since the last look. */
  get isIdle(): boolean {
    return this.suspects.size === 0;
  }

  /** @param blockedMs Since the last look. @returns what to say. */
  look(blockedMs: number, now: number): string | undefined {
    const suspects = [...this.suspects];
    this.suspects = new Set(this.atWork.keys());
    if (blockedMs <= taskLimits.taskBlockedMs || !suspects.some((service) => this.mayName(service, now)))
      return undefined;
    for (const service of suspects) this.named(service, now);
    const services = suspects.map((service) => `"${service}"`).join(' or ');
    return `a handler of ${services} blocked the event loop for ${Math.round(blockedMs)} ms: give tasks.work the path of a module instead, whose tasks have threads of their own`;
  }

  private mayName(service: string, now: number): boolean {
    return now - (this.saidAt.get(service) ?? Number.NEGATIVE_INFINITY) >= taskLimits.taskBlockedSaidMs;
  }

  private named(service: string, now: number): void {
    this.saidAt.delete(service);
    this.saidAt.set(service, now);
    if (this.saidAt.size > taskLimits.taskServicesMax)
      this.saidAt.delete(this.saidAt.keys().next().value as string);
  }
}
