/**
 * Which workloads a run has: named in a list, made, and refused where nothing would judge them.
 *
 * Who calls it: the options (names), the simulation (making). Invariant: the features are those of
 * `features/sim.ts`, in its order, whatever the order of the names; of one feature there is one workload.
 */
import { simulatedFeatures } from '../../features/sim.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../world/workload.ts';

export interface ChosenWorkload {
  readonly feature: SimulatedFeature;
  readonly variant: string;
  /** False: it only runs along. */
  readonly isNamed: boolean;
}

export interface MadeWorkload {
  readonly feature: SimulatedFeature;
  readonly workload: Workload;
}

/** What the programs of a simulation can do: names for `--workload` and `SimulationOptions.workload`. */
export const workloadNames: readonly string[] = simulatedFeatures.flatMap(({ variants }) => variants);

/** Of what is not named, and runs along all the same. */
const alongShare = 0.25;

/**
 * @param list Names, separated by commas.
 * @throws TypeError that names what is no workload, or two of one feature.
 */
export function chooseWorkloads(
  list: string,
  features: readonly SimulatedFeature[] = simulatedFeatures,
): readonly ChosenWorkload[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  const known = features.flatMap(({ variants }) => variants);
  for (const name of names)
    if (!known.includes(name)) throw new TypeError(`workload: "${name}" is none of ${known.join(', ')}`);
  return features.flatMap((feature) => {
    const [variant, other] = names.filter((name) => feature.variants.includes(name));
    if (other !== undefined)
      throw new TypeError(
        `workload: "${variant}" and "${other}" are both of ${feature.name}: name one of them`,
      );
    if (variant === undefined && feature.isAlways !== true) return [];
    return [{ feature, variant: variant ?? (feature.variants[0] as string), isNamed: variant !== undefined }];
  });
}

/** The names again, as one list. */
export function workloadList(chosen: readonly ChosenWorkload[]): string {
  return named(chosen)
    .map(({ variant }) => variant)
    .join(',');
}

/** Acts per second of all of them together, where nobody says how many. */
export function usualRate(chosen: readonly ChosenWorkload[], nodes: number): number {
  return Math.max(...named(chosen).map(({ feature, variant }) => feature.usualRate(nodes, variant)));
}

/**
 * Those that are named share the rate.
 * @throws TypeError where one has no checker.
 */
export function makeWorkloads(
  chosen: readonly ChosenWorkload[],
  parts: Omit<WorkloadParts, 'variant'>,
): readonly MadeWorkload[] {
  for (const { feature } of chosen)
    if (feature.checks.length === 0)
      throw new TypeError(
        `workload: ${feature.name} has no checker, so that nothing it does could fail a run: name what is checked ` +
          `in "checks" of src/features/${feature.name}/sim.ts`,
      );
  return chosen.map(({ feature, variant, isNamed }) => {
    const share = isNamed ? 1 / named(chosen).length : alongShare;
    const workload = feature.make({ ...parts, variant, ratePerSecond: parts.ratePerSecond * share });
    return { feature, workload };
  });
}

function named(chosen: readonly ChosenWorkload[]): readonly ChosenWorkload[] {
  return chosen.filter(({ isNamed }) => isNamed);
}
