/**
 * The swarm's denials in the simulator: programs deny nodes and allow them again while the mesh suffers; afterwards all must have one
 * list, and none may let in who is on it.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { DenialWorkload } from './sim/denial-workload.ts';
import { machinesOf } from './sim/machines.ts';
import { swarmModel } from './store/model.ts';

const actsPerSecond = 2;
/** Lists go on at once, a few times a second. */
const agreedLimitMs = 10_000;
const lookAgainMs = 500;
/** It solicits links, and is dialed, several times in this. */
const outcastMs = 8000;

const swarm: SimulatedFeature = {
  name: 'swarm',
  variants: ['denials'],
  checks: ['one list of denials', 'a denied node stays out'],
  swarm: { share: 0.15, variants: ['denials'] },
  usualRate: () => actsPerSecond,
  make,
};

export default swarm;

function make({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const { world } = mesh;
  machinesOf(mesh, [swarmModel]);
  const workload = new DenialWorkload(mesh, Math.min(ratePerSecond, actsPerSecond));
  const agree = async (): Promise<void> => {
    const until = world.now + agreedLimitMs;
    let problems = await workload.problems();
    while (problems.length > 0 && world.now < until) {
      await world.run(lookAgainMs);
      problems = await workload.problems();
    }
    count(checks, 'one list of denials', mesh.living.length);
    for (const problem of problems) world.fail(`in a mesh at rest ${problem}`);
  };
  return {
    counts: workload.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: async () => {
      await agree();
      workload.denyOutcast();
      await world.run(lookAgainMs);
      await agree();
      const within = await workload.outcastComes(outcastMs);
      count(checks, 'a denied node stays out', 1);
      if (within.length > 0) world.fail(`a denied node was let in by ${within.join(', ')}`);
    },
  };
}
