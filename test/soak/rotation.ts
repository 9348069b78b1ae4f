/**
 * Changes of the key while the mesh runs: carried out step by step, and judged once each is over.
 *
 * Used by run.ts. Invariant: steps are taken one after the other in the order of their plan, and the judge
 * knows whose links a step may end before it is taken; a key counts as retired only when no member has it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { nowMs } from './clock.ts';
import type { Crew } from './crew.ts';
import type { Judge } from './judge.ts';
import { remainsOfOldKey } from './key-facts.ts';
import type { KeyHolders } from './key-holders.ts';
import type { Answer } from './protocol.ts';
import type { Step } from './rotation-schedule.ts';

/** Of the rotations that are over. */
export interface RotationCounts {
  rotations: number;
  /** What each member went through, three for each rotation. */
  memberSteps: number;
  /** Of these, while its process was dead, or stopped. */
  whileDown: number;
  whileStopped: number;
}

/** A change of a file is noticed at once; a member that was stopped notices 5 s later. */
const settleMs = 10_000;
const lookEveryMs = 500;

export class Rotations {
  readonly counts: RotationCounts = { rotations: 0, memberSteps: 0, whileDown: 0, whileStopped: 0 };
  private readonly crew: Crew;
  private readonly holders: KeyHolders;
  private readonly judge: Judge;

  constructor(crew: Crew, holders: KeyHolders, judge: Judge) {
    this.crew = crew;
    this.holders = holders;
    this.judge = judge;
  }

  /** @returns the key that nobody should have any more. */
  async carryOut(steps: readonly Step[]): Promise<MeshKey> {
    const startMs = nowMs();
    const old = this.holders.current;
    let fresh: MeshKey | undefined;
    for (const step of steps) {
      await wait(Math.max(0, startMs + step.atMs - nowMs()));
      await this.take(step, old, fresh);
      fresh ??= this.holders.beside(old);
    }
    this.counts.rotations++;
    return old;
  }

  /** Accuses whoever still has something of the old key when it has had ample time. */
  async settle(): Promise<void> {
    const untilMs = nowMs() + settleMs;
    for (;;) {
      const remains = this.remains(await this.crew.probe());
      if (remains.length === 0) return;
      if (nowMs() > untilMs) {
        for (const text of remains)
          this.judge.accuse('old key', `${settleMs / 1000} s after a rotation ${text}`);
        return;
      }
      await wait(lookEveryMs);
    }
  }

  private async take({ kind, user }: Step, old: MeshKey, fresh: MeshKey | undefined): Promise<void> {
    const members = [...this.crew.names.keys()].filter((member) => this.holders.userOf(member) === user);
    for (const member of members) this.count(member);
    const fromMs = nowMs();
    const names = members.map((member) => this.crew.names[member] as string);
    const ended = kind === 'remove' ? this.judge.keyRemoved(names, fromMs) : undefined;
    await this.holders.step(kind, user, old, fresh);
    ended?.(nowMs());
  }

  private count(member: number): void {
    const state = this.crew.stateOf(member);
    this.counts.memberSteps++;
    if (state === 'down') this.counts.whileDown++;
    else if (state === 'stopped') this.counts.whileStopped++;
  }

  private remains(answers: readonly (Answer | undefined)[]): string[] {
    const { id } = this.holders.current;
    return answers.flatMap((answer, member) => {
      const name = this.crew.names[member] as string;
      return answer === undefined ? [`${name} did not answer`] : remainsOfOldKey(name, answer, id);
    });
  }
}
