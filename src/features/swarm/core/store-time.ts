/**
 * The time by which what is in the store expires, for the node that keeps the swarm: read, kept, and reported where the
 * clock of the machine was set.
 *
 * Made by the swarm's behavior. Invariant: a correction is asked of the store before anything that expires by it.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type ClockStep, type KeptClock, SteadyClock } from '../../../kernel/parts/steady-clock.ts';
import { swarmLimits } from './limits.ts';
import type { SwarmShape } from './swarm-types.ts';

export interface StoreTimePorts {
  agent(): BehaviorAgent<SwarmShape>;
  /** This node writes the swarm's store. */
  isOpen(): boolean;
}

export class StoreTime {
  private readonly ports: StoreTimePorts;
  private readonly clock: SteadyClock;
  private keepAt = 0;
  /** The last time that the clock was set. */
  private lastStep: ClockStep | undefined;

  constructor(ports: StoreTimePorts) {
    this.ports = ports;
    this.clock = new SteadyClock({
      reading: () => ports.agent(),
      uptime: () => ports.agent().uptime(),
      stepped: (step) => this.stepped(step),
    });
  }

  /** The store is about to open for this node. */
  begin(kept: KeptClock | null): void {
    this.clock.begin(kept);
    this.keep();
  }

  now(): number {
    const time = this.clock.read();
    if (this.ports.isOpen() && this.ports.agent().now >= this.keepAt) this.keep();
    return time;
  }

  status(): { readonly clockSet?: ClockStep } {
    return this.lastStep === undefined ? {} : { clockSet: this.lastStep };
  }

  /** One that fails is noticed where letters fail; it is kept again with the next. */
  private keep(): void {
    const agent = this.ports.agent();
    agent.store('keepClock', this.clock.keep());
    this.keepAt = agent.now + swarmLimits.swarmClockKeepMs;
  }

  private stepped(step: ClockStep): void {
    const { expected, wallNow } = step;
    this.lastStep = step;
    this.keepAt = 0;
    const direction = wallNow > expected ? 'ahead' : 'back';
    const seconds = Math.round(Math.abs(wallNow - expected) / 1000);
    const text = `the clock of this machine was set ${direction} by ${seconds} s, to Unix time ${wallNow} ms where ${expected} was expected: letters expire neither earlier nor later for it; see that the clock is right`;
    this.ports.agent().log('warn', text, { expected, wallNow });
  }
}
