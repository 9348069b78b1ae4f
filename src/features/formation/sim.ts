/**
 * The formation in the simulator: all programs are members of one, ask its broker for each other and open channels to
 * whom it names; two checkers judge who is the broker and what it says.
 *
 * Read by `features/sim.ts`.
 */
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { Brokers } from './sim/brokers.ts';
import { FormationWorkload, offersPairs, pairedService } from './sim/formation-workload.ts';
import { PairLedger } from './sim/pair-ledger.ts';
import { concludeFormation, idleBytesPerSecond } from './sim/rest.ts';

const pairsPerSecond = 60;
/** Of the rate: each pair is a question, its answer and a channel. */
const pairShare = 0.05;

const formation: SimulatedFeature = {
  name: 'formation',
  variants: ['formation'],
  checks: [
    'an epoch has one broker',
    'members follow the broker',
    'one broker at rest',
    'the broker pairs at rest',
  ],
  swarm: { share: 0.35, variants: ['formation'] },
  usualRate: () => pairsPerSecond,
  make,
};

export default formation;

function make({ mesh, checks, standing, ratePerSecond }: WorkloadParts): Workload {
  const brokers = new Brokers(mesh, checks);
  const offers = (nodeName: string, service: string): boolean =>
    service === pairedService && offersPairs(mesh, nodeName);
  const ledger = new PairLedger({ mesh, checks, standing, brokers, offers });
  const workload = new FormationWorkload(mesh, ledger, ratePerSecond * pairShare);
  const parts = { mesh, checks, brokers, ledger, workload };
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => {
      brokers.look(standing);
      ledger.checkOverdue();
    },
    conclude: () => concludeFormation(parts),
    idleBytesPerSecond: () => idleBytesPerSecond(parts),
  };
}
