/**
 * The one timer of a simulated node, on that node's own clock.
 *
 * Who calls it: the node's platform. Invariant: at most one event waits in the world for it; a wish that
 * moves later leaves that event where it is and looks again when it comes, since most wishes move later.
 */

import type { ScheduledEvent } from '../scheduled-event.ts';
import type { World } from '../world.ts';
import type { NodeClock } from './clock.ts';

export class WakeTimer {
  private readonly world: World;
  private readonly clock: NodeClock;
  private readonly fire: () => void;
  private wishedAt = Number.POSITIVE_INFINITY;
  private event: ScheduledEvent | undefined;
  private isMissed = false;

  constructor(world: World, clock: NodeClock, fire: () => void) {
    this.world = world;
    this.clock = clock;
    this.fire = fire;
  }

  /** Replaces the earlier wish; Infinity takes it back. */
  wish(at: number): void {
    this.wishedAt = at;
    this.isMissed = false;
    if (at !== Number.POSITIVE_INFINITY) this.schedule();
  }

  /** It has fallen into a stall and still waits to fire. */
  get hasMissed(): boolean {
    return this.isMissed;
  }

  /** The node could not run when its time came. */
  missed(): void {
    this.isMissed = true;
  }

  fireIfMissed(): void {
    if (!this.isMissed) return;
    this.isMissed = false;
    this.fire();
  }

  clockChanged(): void {
    this.world.cancel(this.event);
    this.event = undefined;
    if (this.wishedAt !== Number.POSITIVE_INFINITY && !this.isMissed) this.schedule();
  }

  stop(): void {
    this.world.cancel(this.event);
    this.wishedAt = Number.POSITIVE_INFINITY;
    this.isMissed = false;
  }

  private schedule(): void {
    const at = this.clock.worldTimeOf(this.wishedAt);
    if (this.event !== undefined && this.event.at <= at) return;
    this.world.cancel(this.event);
    this.event = this.world.at(at, () => this.come());
  }

  private come(): void {
    this.event = undefined;
    if (this.wishedAt === Number.POSITIVE_INFINITY) return;
    if (this.clock.now() < this.wishedAt) {
      this.schedule();
      return;
    }
    this.wishedAt = Number.POSITIVE_INFINITY;
    this.fire();
  }
}
