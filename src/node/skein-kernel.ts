/**
 * A kernel with features over link-state routing: what every node runs.
 *
 * Who calls it: the local node, at its start and again when it takes another name. A program that wants another table
 * composes its own kernel the same way; nothing here is privileged.
 */
import { features } from '../features/index.ts';
import type { KernelConfig } from '../kernel/context.ts';
import type { AnyBehavior, Random, RecordSigner } from '../kernel/contracts.ts';
import { idOf } from '../kernel/identity.ts';
import { Kernel } from '../kernel/kernel.ts';
import { LinkStateTable } from '../kernel/routing/link-state.ts';
import { Records } from '../kernel/routing/records.ts';
import type { AllOf, AnyFeature, BehaviorOf, SettingsOf } from '../kit/feature.ts';

/** What skein's own features are given at the start of a node. */
export type FeatureSettings = AllOf<SettingsOf<(typeof features)[number]>>;

interface SkeinKernelParts {
  /** The instance of this run; with a signer it is `instanceOf(signer.publicKey)`. */
  readonly signer?: RecordSigner;
  /** Features of the program's own, called after skein's. */
  readonly features?: readonly AnyFeature[];
  /** Bare behaviors of the program's own, called last. */
  readonly behaviors?: readonly AnyBehavior[];
}

export type SkeinKernelOptions = KernelConfig & FeatureSettings & SkeinKernelParts;

export interface SkeinKernel {
  readonly kernel: Kernel;
  readonly records: Records;
  readonly table: LinkStateTable;
  /** Of a feature that this kernel was made with. */
  behavior<F extends AnyFeature>(feature: F): BehaviorOf<F>;
}

export function createSkeinKernel(options: SkeinKernelOptions, random: Random): SkeinKernel {
  const records = new Records();
  const table = new LinkStateTable(idOf(options.name), records);
  const all: readonly AnyFeature[] = [...features, ...(options.features ?? [])];
  const parts = { records, table, settings: options, signer: options.signer };
  const made = new Map<string, AnyBehavior>();
  for (const feature of all) {
    const needed = <Needed>(name: string): Needed => neededBy(feature, name, made) as Needed;
    made.set(feature.name, feature.behavior({ ...parts, needed }));
  }
  const behaviors = [...made.values(), ...(options.behaviors ?? [])];
  const kernel = new Kernel(options, random, table, records, behaviors);
  return { kernel, records, table, behavior: (feature) => made.get(feature.name) as never };
}

function neededBy({ name, needs }: AnyFeature, wanted: string, made: ReadonlyMap<string, AnyBehavior>) {
  const behavior = needs.includes(wanted) ? made.get(wanted) : undefined;
  if (behavior === undefined) throw new Error(`feature ${name} uses ${wanted}: add "${wanted}" to its needs`);
  return behavior;
}
