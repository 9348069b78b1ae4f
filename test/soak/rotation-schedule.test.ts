/** The plan of a rotation: the documented order, whatever the seed, and steps while members are down. */
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/sim/world/random.ts';
import {
  type RotationPlan,
  type Step,
  scheduleRotation,
  stepKinds,
  troublesOf,
} from './rotation-schedule.ts';

const plan: RotationPlan = { users: 12, lengthMs: 60_000, troubles: [] };
const schedule = (of: RotationPlan, seed = 1): Step[] => scheduleRotation(of, SeededRandom.fromSeed(seed));

describe('a rotation', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(schedule(plan)).toEqual(schedule(plan));
    expect(schedule(plan, 2)).not.toEqual(schedule(plan));
  });

  test('has every user take every step once, nobody before all have taken the one before', () => {
    for (let seed = 0; seed < 50; seed++) {
      const steps = schedule(plan, seed);
      expect(steps.map(({ kind }) => kind)).toEqual(stepKinds.flatMap((kind) => Array(12).fill(kind)));
      for (const kind of stepKinds)
        expect(new Set(steps.filter((step) => step.kind === kind).map(({ user }) => user)).size).toBe(12);
      expect(steps.map(({ atMs }) => atMs)).toEqual(steps.map(({ atMs }) => atMs).sort((a, b) => a - b));
      expect(steps.at(-1)?.atMs).toBeLessThanOrEqual(60_000);
    }
  });

  test('begins with the user who makes the key', () => {
    for (let seed = 0; seed < 50; seed++) expect(schedule(plan, seed)[0]).toMatchObject({ user: 0, atMs: 0 });
  });

  test('takes a step in the middle of a trouble of one of its members, if there is one in that phase', () => {
    const troubles = [[], [], [{ fromMs: 24_000, toMs: 26_000 }]];
    const steps = schedule({ ...plan, troubles }).filter(({ user }) => user === 2);
    expect(steps[1]).toEqual({ kind: 'use', user: 2, atMs: 25_000 });
    expect(steps[0]?.atMs).toBeLessThan(20_000);
    expect(steps[2]?.atMs).toBeGreaterThan(40_000);
  });

  test('knows the troubles of a user: its own members dead or stopped', () => {
    const troubles = troublesOf(
      [
        { kind: 'kill', atMs: 1000, member: 2, forMs: 500 },
        { kind: 'stop', atMs: 2000, member: 4, forMs: 5000 },
        { kind: 'stop', atMs: 3000, member: 5, forMs: 5000 },
        { kind: 'hangup', atMs: 4000, member: 2, forMs: 0 },
        { kind: 'partition', atMs: 5000, forMs: 1000, cuts: [] },
      ],
      (member) => member % 2 === 0,
    );
    expect(troubles).toEqual([
      { fromMs: 1000, toMs: 1500 },
      { fromMs: 2000, toMs: 7000 },
    ]);
  });
});
