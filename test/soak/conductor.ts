/**
 * Carries a storm out: does each fault at its time, ends it, and tells the judge exactly when.
 *
 * Used by run.ts. Invariant: when `storm` resolves nothing is broken any more: every member has been started
 * or let go on, and every rule is gone.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { nowMs } from './clock.ts';
import type { Crew } from './crew.ts';
import type { Ground } from './ground.ts';
import type { Block, History } from './history.ts';
import type { Fault, FaultKind, NetworkFault } from './schedule.ts';

export class Conductor {
  /** Faults that were done, by kind. */
  readonly done: Partial<Record<FaultKind, number>> = {};
  private readonly crew: Crew;
  private readonly ground: Ground;
  private readonly history: History;

  constructor(crew: Crew, ground: Ground, history: History) {
    this.crew = crew;
    this.ground = ground;
    this.history = history;
  }

  async storm(faults: readonly Fault[], stormMs: number): Promise<void> {
    const startMs = nowMs();
    const ends: Promise<void>[] = [];
    for (const fault of faults) {
      await wait(Math.max(0, startMs + fault.atMs - nowMs()));
      const end = this.carryOut(fault);
      // Until all are awaited a failed one must not end the process by itself.
      end.catch(() => undefined);
      ends.push(end);
    }
    await wait(Math.max(0, startMs + stormMs - nowMs()));
    await Promise.all(ends);
  }

  private async carryOut(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        this.crew.kill(fault.member);
        this.count(fault);
        await wait(fault.forMs);
        return this.crew.start(fault.member);
      case 'stop': {
        const goOn = this.crew.stop(fault.member);
        if (goOn === undefined) return;
        this.count(fault);
        await wait(fault.forMs);
        return goOn();
      }
      case 'hangup':
        this.count(fault);
        return this.crew.hangup(fault.member);
      default:
        this.count(fault);
        return this.breakNetwork(fault);
    }
  }

  private async breakNetwork(fault: NetworkFault): Promise<void> {
    const blocks = blocksOf(fault, nowMs());
    this.history.blocks.push(...blocks);
    const heal = await this.ground.apply(fault);
    await wait(fault.forMs);
    await heal();
    const toMs = nowMs();
    for (const block of blocks) block.toMs = toMs;
  }

  private count({ kind }: Fault): void {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
  }
}

/** Lost datagrams block nothing, and of lost packets TCP sends again what one in a hundred takes. */
function blocksOf(fault: NetworkFault, fromMs: number): (Block & { toMs: number })[] {
  if (!('cuts' in fault)) return [];
  return fault.cuts.map(({ from, to }) => ({
    kind: fault.kind,
    from,
    to,
    fromMs,
    toMs: Number.POSITIVE_INFINITY,
  }));
}
