/** Workloads: named in a list, several in one mesh, each with its checker, none without one. */
import { describe, expect, test } from 'vitest';
import { simulatedFeatures } from '../../src/features/sim.ts';
import {
  faultNames,
  formatReport,
  Mesh,
  repeatCommand,
  runSimulation,
  Safety,
  World,
  workloadNames,
} from '../../src/sim/index.ts';
import { simulationSettings } from '../../src/sim/run/options.ts';
import { chooseWorkloads, makeWorkloads, workloadList } from '../../src/sim/run/workloads.ts';
import type { SimulatedFeature, Workload } from '../../src/sim/world/workload.ts';
import { swarmOptions } from './swarm-options.ts';

const combined =
  'chatty,calls,channels,formation,letters,conversations,impostors,log,availability,queries,tasks,denials';

function parts() {
  const mesh = new Mesh(new World({ seed: 1 }), { degree: 2, network: {} });
  const checks = {};
  const { standing } = new Safety(mesh, checks);
  return { mesh, checks, standing, ratePerSecond: 60 };
}

function feature(changes: Partial<SimulatedFeature>): SimulatedFeature {
  const workload: Workload = {
    counts: {},
    start: () => undefined,
    stop: () => undefined,
    look: () => undefined,
    conclude: () => Promise.resolve(),
  };
  const swarm = { share: 0, variants: [] };
  return {
    name: 'example',
    variants: ['example'],
    checks: ['an example'],
    swarm,
    usualRate: () => 1,
    make: () => workload,
    ...changes,
  };
}

describe('a list of workloads', () => {
  test('is read in any order, and written in that of the features', () => {
    expect(
      workloadList(
        chooseWorkloads(
          'queries,denials,log,tasks,letters,impostors,formation,conversations, calls,chatty,availability,channels',
        ),
      ),
    ).toBe(combined);
    expect(workloadList(chooseWorkloads('calls,calls'))).toBe('calls');
  });

  test('that names what is no workload is refused with all that there are', () => {
    expect(() => chooseWorkloads('chatty,heavy')).toThrow(
      `workload: "heavy" is none of ${workloadNames.join(', ')}`,
    );
    expect(() => chooseWorkloads('')).toThrow('workload: "" is none of mixed');
  });

  test('that names two of one feature is refused', () => {
    expect(() => chooseWorkloads('large,calls,mixed')).toThrow(
      'workload: "large" and "mixed" are both of messaging: name one of them',
    );
  });

  test('is part of the command that repeats a run', () => {
    const settings = simulationSettings({ nodes: 12, workload: combined });
    expect(repeatCommand(settings)).toBe(
      `skein sim --nodes 12 --degree 3 --seed 1 --minutes 1 --loss 0 --latency 20 --workload ${combined}`,
    );
    expect(settings.messagesPerSecond).toBe(60);
  });
});

describe('what runs along', () => {
  test('is what every program does, a quarter as much as what is named; those that are named share the rate', () => {
    const rates: Record<string, number> = {};
    const features = ['one', 'two', 'three'].map((name) =>
      feature({
        name,
        variants: [name],
        isAlways: name === 'one',
        make: ({ ratePerSecond }) => {
          rates[name] = ratePerSecond;
          return feature({}).make(parts() as never);
        },
      }),
    );
    makeWorkloads(chooseWorkloads('two', features), parts());
    expect(rates).toEqual({ one: 15, two: 60 });
    makeWorkloads(chooseWorkloads('three,two,one', features), parts());
    expect(rates).toEqual({ one: 20, two: 20, three: 20 });
  });
});

describe('a workload without a checker', () => {
  test('is refused before it starts, with the place where its checks are named', () => {
    const unchecked = feature({ checks: [] });
    expect(() => makeWorkloads(chooseWorkloads('example', [unchecked]), parts())).toThrow(
      'workload: example has no checker, so that nothing it does could fail a run: name what is checked in "checks" of ' +
        'src/features/example/sim.ts',
    );
  });

  test('is none of those that there are, nor is one without variants to draw', () => {
    for (const { name, checks, variants, swarm } of simulatedFeatures) {
      expect(checks.length, name).toBeGreaterThan(0);
      for (const variant of swarm.variants) expect(variants, name).toContain(variant);
    }
    expect(new Set(workloadNames).size).toBe(workloadNames.length);
  });

  test('by another way, in that its checker never looks, fails its run', async () => {
    const calls = simulatedFeatures.find(({ name }) => name === 'calls') as { checks: readonly string[] };
    const { checks } = calls;
    calls.checks = ['what nobody counts'];
    try {
      const { failures } = await runSimulation({ nodes: 3, minutes: 0.02, workload: 'calls' });
      expect(failures.join()).toContain(
        'workload calls was never checked: not once did it count what nobody counts',
      );
    } finally {
      calls.checks = checks;
    }
  });
});

test('all features run in one mesh under faults, each judged by its own checker, and the report counts each', async () => {
  const options = { nodes: 7, seed: 1, minutes: 0.15, latencyMs: 5 } as const;
  const report = await runSimulation({ ...options, workload: combined, faults: ['crash', 'partition'] });
  expect(report.failures, formatReport(report)).toEqual([]);
  expect(Object.keys(report.counts)).toEqual(simulatedFeatures.map(({ name }) => name));
  for (const { name, checks } of simulatedFeatures) {
    expect(Object.keys(report.counts[name] as object).length, name).toBeGreaterThan(0);
    for (const check of checks) expect(report.checks[check], `${name}: ${check}`).toBeGreaterThan(0);
    expect(formatReport(report)).toMatch(new RegExp(`\\n${name} +\\d+ \\w+`));
  }
});

test('the swarm draws each workload, alone and with others', () => {
  const lists = Array.from({ length: 200 }, (_, i) => (swarmOptions(i + 1).workload as string).split(','));
  expect(new Set(lists.flat())).toEqual(new Set(workloadNames));
  expect(lists.filter((names) => names.length >= 2).length).toBeGreaterThan(50);
  expect(lists.some((names) => names.includes('channels') && names.includes('formation'))).toBe(true);
});

test('the swarm of one workload has it in each seed, with every kind of fault, those of disks where it has a store', () => {
  const all = (workload: string) => Array.from({ length: 200 }, (_, i) => swarmOptions(i + 1, workload));
  const faultsOf = (workload: string) => new Set(all(workload).flatMap(({ faults = [] }) => faults));
  expect(new Set(all('letters,log').map(({ workload }) => workload))).toEqual(new Set(['letters,log']));
  expect(faultsOf('letters,log')).toEqual(new Set(faultNames));
  expect(faultsOf('calls').has('disk')).toBe(false);
  for (const each of all('letters')) expect(() => simulationSettings(each)).not.toThrow();
});
