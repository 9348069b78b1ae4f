/**
 * The log in the simulator: programs follow, list and keep the log of the swarm over changes of the broker, and must all
 * read one history without holes.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { machinesOf } from '../swarm/sim/machines.ts';
import { swarmModel } from '../swarm/store/model.ts';
import { LogHistory } from './sim/log-history.ts';
import { LogWorkload } from './sim/log-workload.ts';
import { logModel } from './store/model.ts';

const actsPerSecond = 4;
/** A durable reader whose handler has thrown waits for up to a minute. */
const keptLimitMs = 120_000;
const answeredLimitMs = 30_000;

const log: SimulatedFeature = {
  name: 'log',
  variants: ['log'],
  checks: ['the log is one', 'the log has no holes', 'the log is kept'],
  swarm: { share: 0.15, variants: ['log'] },
  usualRate: () => actsPerSecond,
  make,
};

export default log;

function make({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const { world } = mesh;
  const machines = machinesOf(mesh, [swarmModel, logModel]);
  const history = new LogHistory(world, checks);
  const workload = new LogWorkload(mesh, history, machines, Math.min(ratePerSecond, actsPerSecond));
  return {
    counts: history.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    idleBytesPerSecond: () => workload.idleBytesPerSecond(),
    conclude: async () => {
      // What has another one's name is answered nothing.
      const life = mesh.living.find((each) => !machines.isStranger(each));
      if (life === undefined) return;
      workload.keepOn(life);
      const { entries } = await world.resolve(life.node.log.list({ last: 1 }), answeredLimitMs);
      const end = entries[0]?.n ?? 0;
      const isKept = (): boolean => {
        for (let n = 1; n <= end; n++) if (!workload.kept.has(n)) return false;
        return true;
      };
      await world.runUntil(isKept, keptLimitMs);
      for (let n = 1; n <= end; n++)
        if (!workload.kept.has(n)) world.fail(`event ${n} of ${end} of the log was never kept`);
      count(checks, 'the log is kept', end);
    },
  };
}
