/**
 * The options of each seed of the swarm: a mesh of its own size, degree, latency, loss, start, workloads and
 * set of faults.
 *
 * Who calls it: the `swarm-*` tests, the long swarm (`swarm-main.ts`) and the mutants. Invariant: they
 * follow from the seed alone, and from the workload where that is fixed; nearly all of them run within a second or two;
 * each feature says in how many of the seeds its workload is, and combinations come of that.
 */
import { simulatedFeatures } from '../../src/features/sim.ts';
import {
  type FaultName,
  faultNames,
  SeededRandom,
  type SimulationOptions,
  startNames,
} from '../../src/sim/index.ts';

/** Moves are drawn apart: seeds without one stay as they were. */
const faultsOfStores = faultNames.filter((name) => name !== 'move');
/** Disks fail under stores only: drawn for others they would hit nobody. */
const faultsOfAll = faultsOfStores.filter((name) => name !== 'disk');
const nodesMin = 8;
const nodesMax = 40;
const minutes = 0.25;
const faultsMax = 4;
const figuresShare = 0.15;
/** Of the seeds whose programs have a store. */
const diskShare = 0.5;
/** Of all seeds. */
const moveShare = 0.1;
/** Their nodes have a store. */
const stored = new Set([
  ...[
    'letters',
    'letters-in-bursts',
    'letters-on-machines',
    'conversations',
    'impostors',
    'log',
    'queries',
    'denials',
    'tasks',
  ],
]);

interface Size {
  readonly nodesMin: number;
  readonly nodesMax: number;
  readonly minutesMin: number;
  readonly minutesMax: number;
  readonly faultsMin: number;
  readonly faultsMax: number;
}

/** Of a fixed workload: what programs do is on trial there, not how a large mesh goes on. */
const small: Size = {
  ...{ nodesMin: 5, nodesMax: 9 },
  ...{ minutesMin: 0.2, minutesMax: 0.5 },
  ...{ faultsMin: 2, faultsMax: 9 },
};
/** A third of a second each: for the thousands of them that are tests. */
const short: Size = {
  ...{ nodesMin: 4, nodesMax: 6 },
  ...{ minutesMin: 0.1, minutesMax: 0.1 },
  ...{ faultsMin: 2, faultsMax: 5 },
};

/** @param workload Fixed: the mesh is small then, more kinds of faults happen, and only the rest follows from the seed. */
export function swarmOptions(seed: number, workload?: string): SimulationOptions {
  return workload === undefined ? anyOptions(seed) : optionsOf(workload, seed, small);
}

/** Short runs of one workload. */
export function shortOptions(seed: number, workload: string): SimulationOptions {
  return optionsOf(workload, seed, short);
}

function optionsOf(workload: string, seed: number, size: Size): SimulationOptions {
  const random = SeededRandom.fromSeed(seed).fork('swarm of one workload');
  const offered = hasStore(workload) ? faultsOfStores : faultsOfAll;
  return {
    seed,
    workload,
    nodes: random.integer(size.nodesMin, size.nodesMax),
    degree: random.integer(2, 4),
    minutes: random.integer(10 * size.minutesMin, 10 * size.minutesMax) / 10,
    lossPercent: random.pick([0, 0, 1, 3]),
    latencyMs: random.pick([1, 5, 20, 20, 60]),
    faults: [...random.sample(offered, random.integer(size.faultsMin, size.faultsMax)), ...moveFault(seed)],
  };
}

function anyOptions(seed: number): SimulationOptions {
  const random = SeededRandom.fromSeed(seed).fork('swarm');
  const workload = swarmWorkload(seed, random);
  const start = random.chance(0.6) ? 'cold' : random.pick(startNames);
  const faults = random.sample(faultsOfAll, random.integer(1, faultsMax));
  return {
    seed,
    // Small ones more often: a mesh of 40 costs as much as four of 20.
    nodes: random.integer(nodesMin, random.integer(nodesMin, nodesMax)),
    degree: random.integer(2, 4),
    minutes,
    lossPercent: random.pick([0, 0, 1, 3]),
    latencyMs: random.pick([1, 5, 20, 20, 60]),
    start,
    workload,
    // What lies between sites breaks sooner than what is within them.
    faults: [
      ...new Set([
        ...faults,
        ...(start === 'sites' ? ['partition' as const] : []),
        ...diskFault(seed, workload),
        ...moveFault(seed),
      ]),
    ],
    joinAndCrash: random.chance(figuresShare),
  };
}

/** What all programs do anyway is named only where it is alone, or is done in an unusual way. */
function swarmWorkload(seed: number, random: SeededRandom): string {
  const names: string[] = [];
  const along: string[] = [];
  for (const { name, isAlways, variants, swarm } of simulatedFeatures) {
    // Drawn apart: what older seeds do stays as it was.
    const own = isAlways ? random : SeededRandom.fromSeed(seed).fork(`swarm ${name}`);
    if (!isAlways && !own.chance(swarm.share)) continue;
    const variant = own.pick(swarm.variants);
    if (isAlways && variant === variants[0]) along.push(variant);
    else names.push(variant);
  }
  return (names.length === 0 ? along : withOneStore(names)).join(',');
}

/** What judges other workloads knows one store, which is never lost. */
function withOneStore(names: readonly string[]): readonly string[] {
  if (names.filter((name) => stored.has(name)).length < 2) return names;
  return names.map((name) => (name === 'letters-on-machines' ? 'letters' : name));
}

/** Drawn apart: what seeds without a store do stays as it was. */
function diskFault(seed: number, workload: string): FaultName[] {
  return hasStore(workload) && SeededRandom.fromSeed(seed).fork('swarm disk').chance(diskShare)
    ? ['disk']
    : [];
}

function moveFault(seed: number): FaultName[] {
  return SeededRandom.fromSeed(seed).fork('swarm move').chance(moveShare) ? ['move'] : [];
}

function hasStore(workload: string): boolean {
  return workload.split(',').some((name) => stored.has(name));
}
