/**
 * Channels in the simulator: programs open channels to each other and move bytes both ways; a ledger judges every byte.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { ChannelLedger, endWithinMs } from './sim/channel-ledger.ts';
import { ChannelWorkload } from './sim/channel-workload.ts';

const channelsPerSecond = 60;
/** Of the rate: each channel is many messages. */
const channelShare = 0.1;
/** Of all channels that were open at the end: the slowest carries 3 MB through a window of 16 KiB, over several hops. */
const channelsLimitMs = 300_000;
const probeLimitMs = 15_000;
const lookIntervalMs = 1000;

const channels: SimulatedFeature = {
  name: 'channels',
  variants: ['channels'],
  checks: [
    'channels bring what was written',
    'a channel ends after its last byte',
    'channels come through at rest',
  ],
  swarm: { share: 0.22, variants: ['channels'] },
  usualRate: () => channelsPerSecond,
  make,
};

export default channels;

function make({ mesh, checks, standing, ratePerSecond }: WorkloadParts): Workload {
  const { world } = mesh;
  const ledger = new ChannelLedger(mesh, checks, standing);
  const workload = new ChannelWorkload(mesh, ledger, ratePerSecond * channelShare);
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => ledger.checkOverdue(),
    // All channels end by themselves, since all that is written is read; then, in a mesh at rest, each node's comes through.
    conclude: async () => {
      const end = world.now + endWithinMs + channelsLimitMs;
      while (
        !(await world.runUntil(() => ledger.outstanding.length === 0, lookIntervalMs)) &&
        world.now < end
      )
        ledger.checkOverdue();
      for (const planned of ledger.outstanding) world.fail(`${ledger.describe(planned)} never ended`);
      for (const life of mesh.living) {
        const probe = workload.probe(life);
        if (probe === undefined) continue;
        await world.runUntil(() => probe.opener.outcome !== undefined, probeLimitMs);
        count(checks, 'channels come through at rest', 1);
        const { outcome } = probe.opener;
        if (outcome !== 'done' && outcome !== 'source-ended')
          world.fail(`in a mesh at rest a ${ledger.describe(probe)} came to ${outcome ?? 'nothing'}`);
      }
      await ledger.checkCounts();
    },
  };
}
