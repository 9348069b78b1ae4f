/**
 * Queries in the simulator: programs ask nodes and the swarm over restarts and changes of the broker; each answer must be
 * one that the node that was asked could have given at that time.
 *
 * Read by `features/sim.ts`.
 */
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { machinesOf } from '../swarm/sim/machines.ts';
import { swarmModel } from '../swarm/store/model.ts';
import { QueryWorkload } from './sim/query-workload.ts';

const queriesPerSecond = 20;

const queries: SimulatedFeature = {
  name: 'queries',
  variants: ['queries'],
  checks: ['answers are of the node that was asked', 'queries are answered at rest'],
  swarm: { share: 0.15, variants: ['queries'] },
  usualRate: () => queriesPerSecond,
  make,
};

export default queries;

function make({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const machines = machinesOf(mesh, [swarmModel]);
  const workload = new QueryWorkload(mesh, checks, machines, Math.min(ratePerSecond, queriesPerSecond));
  return {
    counts: workload.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: () => workload.conclude(),
  };
}
