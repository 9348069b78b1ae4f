/** Formations under virtual time: takeover, a machine that is cut off, brokers that never met. */
import { describe, expect, test } from 'vitest';
import { formationLimits } from '../../src/features/formation/core/limits.ts';
import { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import { FaultSchedule } from '../../src/sim/world/faults/fault-schedule.ts';

const limitMs = 20_000;

async function settled(seed: number, nodes: number, machines: number): Promise<FormationRun> {
  const run = new FormationRun({ seed, nodes, machines });
  await run.begin();
  await run.world.run(12_000);
  return run;
}

test.each([1, 2, 3, 4, 5, 6])(
  'seed %i: of sixteen on one machine one is the broker, and all know',
  async (seed) => {
    const run = await settled(seed, 16, 1);
    expect(run.brokers.all).toHaveLength(1);
    expect(run.world.failures).toEqual([]);
    run.end();
  },
);

test.each([1, 2, 3, 4, 5, 6])('seed %i: when the broker is killed another takes its place', async (seed) => {
  const run = await settled(seed, 16, 1);
  const { member } = run.broker;
  run.mesh.crash(member);
  const rest = run.mesh.members.filter((one) => one !== member);
  expect(await run.agreed(rest, limitMs)).toBeLessThan(1500);
  await run.world.run(formationLimits.hailIntervalMs);
  expect(await run.directorySize()).toBe(15);
  expect(run.world.failures).toEqual([]);
  run.end();
});

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: sixty nodes on three machines', (seed) => {
  test('the machine of the broker is cut off: one broker on each side within 5 s, one in all within 5 s of healing', async () => {
    const run = await settled(seed, 60, 3);
    const inside = run.machineOf(run.broker);
    const outside = run.mesh.members.filter((member) => !inside.includes(member));
    const heal = run.cutOff(inside);
    const began = run.world.now;
    expect(await run.agreed(outside, limitMs)).toBeLessThan(5000);
    await run.world.run(Math.max(0, began + 5000 - run.world.now));
    expect(run.brokers.all).toHaveLength(2);
    expect(run.brokers.agree(inside.flatMap(({ life }) => life ?? []))).toBe(true);
    await run.world.run(20_000);
    heal();
    expect(await run.agreed(run.mesh.members, limitMs)).toBeLessThan(5000);
    expect(run.brokers.all).toHaveLength(1);
    expect(run.world.failures).toEqual([]);
    run.end();
  });
});

describe.each([11, 12, 13, 14, 15, 16])('seed %i: under faults of all kinds', (seed) => {
  test('no epoch ever has two brokers, and afterwards there is one that all follow, with a whole directory', async () => {
    const run = await settled(seed, 18, 3);
    const faults = new FaultSchedule(
      run.mesh,
      ['crash', 'leave', 'partition', 'pause', 'cut'],
      run.world.now + 60_000,
    );
    await run.world.run(60_000);
    faults.healAll();
    await run.world.runUntil(() => run.mesh.living.length === 18, limitMs);
    await run.agreed(run.mesh.members, limitMs);
    await run.world.run(formationLimits.hailIntervalMs + 100);
    expect(await run.directorySize()).toBe(18);
    expect(run.checks['an epoch has one broker']).toBeGreaterThan(1);
    expect(run.world.failures).toEqual([]);
    run.end();
  });
});

test('seed 1071: brokers whose clocks jump, and who have not heard of each other, have different epochs', async () => {
  const run = new FormationRun({ seed: 1071, nodes: 17, machines: 4, latencyMs: 80, degree: 2 });
  await run.begin();
  const faults = new FaultSchedule(run.mesh, ['cut', 'slow', 'jump', 'vanish'], run.world.now + 90_000);
  await run.world.run(90_000);
  faults.healAll();
  expect(run.world.failures).toEqual([]);
  run.end();
});
