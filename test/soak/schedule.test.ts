import { describe, expect, test } from 'vitest';
import { type Fault, isSpared, type Plan, scheduleStorm } from './schedule.ts';

const plan: Plan = { seed: 7, members: 40, hosts: 4, network: true, stormMs: 80_000 };
const seeds = Array.from({ length: 50 }, (_, seed) => ({ ...plan, seed }));
const isOfMember = (fault: Fault) => 'member' in fault;

describe('a storm', () => {
  test('is the same for the same seed, and another for the next storm and the next seed', () => {
    expect(scheduleStorm(plan, 0)).toEqual(scheduleStorm(plan, 0));
    expect(scheduleStorm(plan, 1)).not.toEqual(scheduleStorm(plan, 0));
    expect(scheduleStorm({ ...plan, seed: 8 }, 0)).not.toEqual(scheduleStorm(plan, 0));
  });

  test('has every kind of fault, in order, all over by its end', () => {
    const faults = seeds.map((of) => scheduleStorm(of, 0));
    expect(new Set(faults.flat().map(({ kind }) => kind)).size).toBe(8);
    for (const storm of faults) {
      expect(storm.map(({ atMs }) => atMs)).toEqual(storm.map(({ atMs }) => atMs).sort((a, b) => a - b));
      for (const { atMs, forMs } of storm) expect(atMs + forMs).toBeLessThanOrEqual(plan.stormMs);
      expect(
        storm.filter(({ kind, atMs, forMs }) => kind === 'partition' && atMs + forMs === 80_000),
      ).not.toEqual([]);
    }
  });

  test('does one thing at a time to a member, and never kills the spared', () => {
    for (const of of seeds) {
      const busyUntil = new Map<number, number>();
      for (const fault of scheduleStorm(of, 0)) {
        if (fault.kind !== 'kill' && fault.kind !== 'stop') continue;
        expect(busyUntil.get(fault.member) ?? 0).toBeLessThanOrEqual(fault.atMs);
        busyUntil.set(fault.member, fault.atMs + fault.forMs);
        if (fault.kind === 'kill') expect(isSpared(fault.member)).toBe(false);
      }
    }
  });

  test('on one host leaves the network alone', () => {
    const faults = scheduleStorm({ ...plan, hosts: 1, network: false }, 0);
    expect(faults.length).toBeGreaterThan(5);
    expect(faults.every(isOfMember)).toBe(true);
  });

  test('cuts every host of one side from every host of the other, both ways', () => {
    for (const fault of seeds.flatMap((of) => scheduleStorm(of, 0))) {
      if (fault.kind !== 'partition') continue;
      const pairs = new Set(fault.cuts.map(({ from, to }) => `${from}-${to}`));
      for (const { from, to } of fault.cuts) expect(pairs.has(`${to}-${from}`)).toBe(true);
      expect([6, 8]).toContain(pairs.size);
    }
  });
});
