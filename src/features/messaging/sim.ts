/**
 * Messaging in the simulator: programs send to one, some and all; a ledger judges every message.
 *
 * Read by `features/sim.ts`. Programs of every run send: where messaging is not named, a quarter as much.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { MessageLedger } from './sim/message-ledger.ts';
import { type MessageVariant, MessageWorkload, messageVariants } from './sim/message-workload.ts';
import { checkProbes } from './sim/probes.ts';

const slowReaderShare = 0.4;
/** Sends end by themselves after 10 s; what is open longer has been forgotten. */
const outstandingLimitMs = 15_000;
const chattyRate = 60;

const messaging: SimulatedFeature = {
  name: 'messaging',
  variants: messageVariants,
  isAlways: true,
  checks: ['no message twice', 'bodies intact', 'receipts are true', 'every send ends', 'probes arrive'],
  swarm: {
    share: 1,
    variants: ['mixed', 'mixed', 'mixed', 'chatty', 'chatty', 'slow-readers', 'large'],
  },
  usualRate: (nodes, variant) => (variant === 'mixed' || variant === 'large' ? nodes / 4 : chattyRate),
  make,
};

export default messaging;

function make({ mesh, checks, standing, variant, ratePerSecond }: WorkloadParts): Workload {
  const ledger = new MessageLedger(mesh, checks, {
    standing,
    slowReaders: variant === 'slow-readers' ? slowReaderShare : 0,
  });
  const workload = new MessageWorkload(mesh, ledger, ratePerSecond, variant as MessageVariant);
  return {
    get counts() {
      const { sent, delivered, missing } = ledger.counts;
      const reasons = Object.entries(missing).map(([reason, times]) => [`missing (${reason})`, times]);
      return { sent, delivered, ...Object.fromEntries(reasons) };
    },
    start: () => workload.start(),
    stop: () => {
      workload.stop();
      ledger.mayDawdle = false;
    },
    look: () => ledger.checkOverdue(),
    conclude: async () => {
      const { world } = mesh;
      for (const problem of await checkProbes(mesh, workload, checks)) world.fail(problem);
      await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
      count(checks, 'every send ends', ledger.counts.sent);
      for (const { number, source } of ledger.outstanding)
        world.fail(`message ${number} of ${source.member.name} was never resolved`);
      ledger.checkOwed();
    },
  };
}
