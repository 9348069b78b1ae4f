/**
 * Availability in the simulator: programs say whether they take work and whether somebody is at them, over restarts and
 * partitions; at rest all nodes must say of each what it has said last.
 *
 * Read by `features/sim.ts`.
 */
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { AvailabilityWorkload } from './sim/availability-workload.ts';

const actsPerSecond = 6;

const availability: SimulatedFeature = {
  name: 'availability',
  variants: ['availability'],
  checks: ['availability is as it was set'],
  swarm: { share: 0.15, variants: ['availability'] },
  usualRate: () => actsPerSecond,
  make,
};

export default availability;

function make({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const workload = new AvailabilityWorkload(mesh, checks, Math.min(ratePerSecond, actsPerSecond));
  return {
    counts: workload.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: () => workload.conclude(),
  };
}
