/**
 * A workload: what the programs of a simulated mesh do with one feature, and the checker that judges it.
 *
 * Each feature exports its own by default from `features/NAME/sim.ts`; `features/sim.ts` lists them. Several run in
 * one mesh at the same time, none of which knows of the others. Invariant: a workload acts by programs that can act
 * alone, draws from forks of the world's randomness alone, and complains through the world; this file names no
 * feature.
 */
import type { CheckCounts } from './checkers/checkers.ts';
import type { StandingLinks } from './checkers/standing.ts';
import type { Mesh } from './mesh.ts';

/** What a workload is made of, before the first member is added to the mesh. */
export interface WorkloadParts {
  readonly mesh: Mesh;
  /** Where its checker counts how often it has looked. */
  readonly checks: CheckCounts;
  /** What nothing has hindered, and so nothing excuses. */
  readonly standing: StandingLinks;
  /** One of the feature's `variants`. */
  readonly variant: string;
  /** Acts per second in the whole mesh. A feature whose act costs as much as many messages does fewer. */
  readonly ratePerSecond: number;
}

export interface Workload {
  /** By outcome, for the report. */
  readonly counts: Readonly<Record<string, number>>;
  /** The mesh is known to all; faults begin. */
  start(): void;
  /** Nothing new begins; faults end. */
  stop(): void;
  /** Called each second while faults last: what must hold at any time. */
  look(): void;
  /**
   * Called in a mesh that has healed, after the workloads before it. All that was begun must end, and what is tried
   * once more must come off; both is awaited here, and what is missing fails the run.
   */
  conclude(): Promise<void>;
  /** What it makes programs say in a mesh at rest, of all links together. Default: nothing. */
  idleBytesPerSecond?(): Promise<number>;
}

/** A feature as the simulator knows it. */
export interface SimulatedFeature {
  readonly name: string;
  /** Names for `--workload`, the usual one first; no two features share one. */
  readonly variants: readonly string[];
  /** Programs of every run do it, also where it is not named: then less of it. */
  readonly isAlways?: boolean;
  /** What its checker counts. None: it is refused, since nothing that it does could fail a run. */
  readonly checks: readonly string[];
  /** How the swarm draws it: in this share of the seeds, as one of these variants. */
  readonly swarm: { readonly share: number; readonly variants: readonly string[] };
  /** Acts per second where nobody says how many. */
  usualRate(nodes: number, variant: string): number;
  make(parts: WorkloadParts): Workload;
}
