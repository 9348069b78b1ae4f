/**
 * Calls in the simulator: programs offer services and ask each other; a ledger judges every call.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { CallLedger } from './sim/call-ledger.ts';
import { CallWorkload } from './sim/call-workload.ts';

/** Calls end at their deadline, of 10 s at most; what is open longer has been forgotten. */
const outstandingLimitMs = 15_000;
const callsPerSecond = 60;

const calls: SimulatedFeature = {
  name: 'calls',
  variants: ['calls'],
  checks: ['no call twice', 'answers are true', 'calls are answered at rest'],
  swarm: { share: 0.25, variants: ['calls'] },
  usualRate: () => callsPerSecond,
  make,
};

export default calls;

function make({ mesh, checks, standing, ratePerSecond }: WorkloadParts): Workload {
  const { world } = mesh;
  const ledger = new CallLedger(mesh, checks, standing);
  const workload = new CallWorkload(mesh, ledger, ratePerSecond);
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => ledger.checkOverdue(),
    // All calls end, and whoever works for nobody knows it; then, in a mesh at rest, each node's call is answered.
    conclude: async () => {
      await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
      for (const { number, source } of ledger.outstanding)
        world.fail(`call ${number} of ${source.member.name} never ended`);
      await world.run(outstandingLimitMs);
      ledger.checkTold();
      for (const life of mesh.living) {
        const probe = workload.probe(life);
        await world.runUntil(() => probe.outcome !== undefined, outstandingLimitMs);
        count(checks, 'calls are answered at rest', 1);
        if (probe.outcome !== 'done' && probe.outcome !== 'source-ended')
          world.fail(`in a mesh at rest a call of ${life.node.name} came to ${probe.outcome ?? 'nothing'}`);
      }
    },
  };
}
