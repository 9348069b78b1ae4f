/**
 * What a simulated run is asked for, checked, with every default filled in, and as one command again.
 *
 * Who calls it: the simulation and whoever prints a report. Invariant: `repeatCommand` names everything
 * that the run depends on, so that the same command gives the same run byte for byte.
 */

import { type FaultName, faultNames } from '../world/faults/faults.ts';
import { type StartName, startNames } from './starts.ts';
import { chooseWorkloads, usualRate, workloadList } from './workloads.ts';

/** What a simulated run is asked for. */
export interface SimulationOptions {
  /** 2 to 5,000. */
  readonly nodes: number;
  /** Links each node tries to keep. Default 3. */
  readonly degree?: number;
  /** A whole number from 0; the same seed gives the same run. Default 1. */
  readonly seed?: number;
  /** Virtual minutes of messages and faults. Default 1. */
  readonly minutes?: number;
  /** Of 100 packets: datagrams vanish, streams wait for the repeat. Default 0. */
  readonly lossPercent?: number;
  /** Mean one-way delay of a link. Default 20. */
  readonly latencyMs?: number;
  /** How the mesh comes to be. Default `cold`; `triangles` makes the degree 2. */
  readonly start?: StartName;
  /** What the programs do, all at the same time: one of `workloadNames`, or several with commas between. Default `mixed`. */
  readonly workload?: string;
  /** Which faults happen. Default none. */
  readonly faults?: readonly FaultName[];
  /** Measure a join, a crash and a black hole in the settled mesh at the end. Default false. */
  readonly joinAndCrash?: boolean;
  /**
   * Of the whole mesh, shared by the workloads that are named; a channel or a pair counts as several. Default: a quarter
   * of the nodes for `mixed` and `large`, 60 for all others; of several the most.
   */
  readonly messagesPerSecond?: number;
  /** Keep a readable line for everything that happens. Default false. */
  readonly trace?: boolean;
}

export type SimulationSettings = Required<SimulationOptions>;

const defaultWorkload = 'mixed';
const nodesMax = 5000;
const minutesMax = 24 * 60;

/** @throws TypeError that names the option, what it was and what is accepted. */
export function simulationSettings(options: SimulationOptions): SimulationSettings {
  const nodes = checked('nodes', options.nodes, 2, nodesMax, true);
  const workloads = chooseWorkloads(options.workload ?? defaultWorkload);
  for (const name of options.faults ?? []) oneOf('faults', name, faultNames);
  return {
    nodes,
    degree: checked('degree', options.degree ?? 3, 0, 64, true),
    seed: checked('seed', options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER, true),
    minutes: checked('minutes', options.minutes ?? 1, 0, minutesMax, false),
    lossPercent: checked('lossPercent', options.lossPercent ?? 0, 0, 50, false),
    latencyMs: checked('latencyMs', options.latencyMs ?? 20, 0, 1000, false),
    start: oneOf('start', options.start ?? 'cold', startNames),
    workload: workloadList(workloads),
    faults: [...new Set(options.faults ?? [])],
    joinAndCrash: options.joinAndCrash ?? false,
    messagesPerSecond: checked(
      'messagesPerSecond',
      options.messagesPerSecond ?? usualRate(workloads, nodes),
      0.001,
      100_000,
      false,
    ),
    trace: options.trace ?? false,
  };
}

/** The one command that repeats a run. */
export function repeatCommand(settings: SimulationSettings): string {
  const parts = [
    'skein sim',
    `--nodes ${settings.nodes}`,
    `--degree ${settings.degree}`,
    `--seed ${settings.seed}`,
    `--minutes ${settings.minutes}`,
    `--loss ${settings.lossPercent}`,
    `--latency ${settings.latencyMs}`,
  ];
  if (settings.start !== 'cold') parts.push(`--start ${settings.start}`);
  if (settings.workload !== defaultWorkload) parts.push(`--workload ${settings.workload}`);
  if (settings.messagesPerSecond !== usualRate(chooseWorkloads(settings.workload), settings.nodes))
    parts.push(`--rate ${settings.messagesPerSecond}`);
  if (settings.faults.length > 0) parts.push(`--faults ${settings.faults.join(',')}`);
  if (settings.joinAndCrash) parts.push('--join-and-crash');
  return parts.join(' ');
}

function oneOf<Name extends string>(option: string, name: Name, names: readonly Name[]): Name {
  if (names.includes(name)) return name;
  throw new TypeError(`${option}: "${name}" is none of ${names.join(', ')}`);
}

function checked(name: string, value: number, min: number, max: number, whole: boolean): number {
  const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (fits && value >= min && value <= max) return value;
  throw new TypeError(
    `${name}: ${value} is not ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`,
  );
}
