/**
 * The node's one timer: fires once at the time last asked for.
 *
 * Who calls it: the driver. Invariant: it never fires early. A wish for later than the timer that is
 * already set leaves that timer alone (it sets itself anew when it fires): the wish changes at nearly
 * every turn of the loop, and setting a system timer each time costs more than one idle wake-up.
 */
import { hostLimits } from './limits.ts';

export class WakeTimer {
  private readonly now: () => number;
  private readonly fire: () => void;
  private wanted = Number.POSITIVE_INFINITY;
  private setFor = Number.POSITIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(now: () => number, fire: () => void) {
    this.now = now;
    this.fire = fire;
  }

  /** Replaces the earlier wish; Infinity takes it back. */
  at(time: number): void {
    this.wanted = time;
    if (time === Number.POSITIVE_INFINITY) this.stop();
    else if (time < this.setFor) this.set(time);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.wanted = Number.POSITIVE_INFINITY;
    this.setFor = Number.POSITIVE_INFINITY;
  }

  private set(time: number): void {
    clearTimeout(this.timer);
    const waitMs = Math.min(Math.max(Math.ceil(time - this.now()), 0), hostLimits.timerMsMax);
    this.setFor = time;
    this.timer = setTimeout(() => this.fired(), waitMs);
  }

  private fired(): void {
    this.setFor = Number.POSITIVE_INFINITY;
    if (this.now() < this.wanted) {
      this.set(this.wanted);
      return;
    }
    this.wanted = Number.POSITIVE_INFINITY;
    this.fire();
  }
}
