/**
 * When each user takes each step of a change of the key: written down from the seed before it starts.
 *
 * Used by run.ts; rotation.ts carries it out. Invariant: the documented order. The first user makes the new
 * key and all others add it, then all use it, then all remove the old one: nobody takes a step before
 * everybody has taken the one before.
 */
import type { SeededRandom } from '../../src/sim/world/random.ts';
import type { Interval } from './protocol.ts';
import type { Fault } from './schedule.ts';

export type StepKind = 'add' | 'use' | 'remove';

export interface Step {
  readonly kind: StepKind;
  readonly user: number;
  /** Since the rotation began. */
  readonly atMs: number;
}

export interface RotationPlan {
  readonly users: number;
  readonly lengthMs: number;
  /** By user, while which of its members one is killed or stopped, since the rotation began. */
  readonly troubles: readonly (readonly Interval[])[];
}

export const stepKinds: readonly StepKind[] = ['add', 'use', 'remove'];

/** Every step of one rotation, earliest first. Where it can be, a user's step falls into a trouble of its members. */
export function scheduleRotation(plan: RotationPlan, random: SeededRandom): Step[] {
  const phaseMs = plan.lengthMs / stepKinds.length;
  return stepKinds.flatMap((kind, phase) => {
    const during = { fromMs: phase * phaseMs, toMs: (phase + 1) * phaseMs };
    const draw = random.fork(kind);
    return Array.from({ length: plan.users }, (_, user): Step => {
      // The key must be there before others can add it.
      if (kind === 'add' && user === 0) return { kind, user, atMs: 0 };
      return { kind, user, atMs: momentIn(during, plan.troubles[user] ?? [], draw) };
    }).sort((a, b) => a.atMs - b.atMs);
  });
}

/** While any of these members is dead or stopped, as the plan of a storm has it. */
export function troublesOf(faults: readonly Fault[], isOne: (member: number) => boolean): Interval[] {
  return faults.flatMap((fault) =>
    (fault.kind === 'kill' || fault.kind === 'stop') && isOne(fault.member)
      ? [{ fromMs: fault.atMs, toMs: fault.atMs + fault.forMs }]
      : [],
  );
}

function momentIn(during: Interval, troubles: readonly Interval[], random: SeededRandom): number {
  const middles = troubles.map(({ fromMs, toMs }) => (fromMs + toMs) / 2);
  const inside = middles.filter((atMs) => atMs > during.fromMs && atMs < during.toMs);
  const atMs = inside.length === 0 ? random.between(during.fromMs, during.toMs) : random.pick(inside);
  return Math.round(atMs);
}
