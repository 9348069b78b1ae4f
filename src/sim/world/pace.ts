/**
 * The pace of a workload: something happens again and again, at random gaps, from its start to its stop.
 *
 * Made by each workload. Invariant: the gaps come from the workload's own randomness, one draw after each act.
 */
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export class Pace {
  private readonly world: World;
  private readonly random: SeededRandom;
  private readonly intervalMs: number;
  private readonly act: () => void;
  private isRunning = false;

  /** @param perSecond On average. */
  constructor(world: World, random: SeededRandom, perSecond: number, act: () => void) {
    this.world = world;
    this.random = random;
    this.intervalMs = 1000 / perSecond;
    this.act = act;
  }

  start(): void {
    this.isRunning = true;
    this.next();
  }

  stop(): void {
    this.isRunning = false;
  }

  private next(): void {
    if (!this.isRunning) return;
    this.act();
    this.world.after(this.random.between(0, 2 * this.intervalMs), () => this.next());
  }
}
