/**
 * Letters in the simulator: programs send letters to each other over changes of the broker, and handle what comes; a
 * ledger judges every letter.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { Mesh } from '../../sim/world/mesh.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { swarmModel } from '../swarm/store/model.ts';
import { LetterLedger } from './sim/letter-ledger.ts';
import { LetterWorkload } from './sim/letter-workload.ts';
import { lettersModel } from './store/model.ts';

const lettersPerSecond = 20;
const burstsVariant = 'letters-in-bursts';
/** A send ends after 4 s; handlers and retries that were begun under faults take longer. */
const outstandingLimitMs = 20_000;
/** Of a handler that was stuck, and the longest waits between attempts. */
const owedLimitMs = 60_000;
const lookAgainMs = 5000;

const letters: SimulatedFeature = {
  name: 'letters',
  variants: ['letters', burstsVariant],
  checks: ['letters for a reason', 'letters in order', 'letters arrive', 'the store says what was done'],
  swarm: { share: 0.3, variants: ['letters', burstsVariant] },
  usualRate: () => lettersPerSecond,
  make,
};

export default letters;

function make({ mesh, checks, ratePerSecond, variant }: WorkloadParts): Workload {
  const ledger = new LetterLedger(mesh, checks);
  const workload = new LetterWorkload(mesh, ledger, [swarmModel, lettersModel], {
    lettersPerSecond: Math.min(ratePerSecond, lettersPerSecond),
    hasBursts: variant === burstsVariant,
  });
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: async () => {
      const { world } = mesh;
      await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
      for (const { number, author } of ledger.outstanding)
        world.fail(`letter ${number} of ${author.member.name} was never resolved`);
      const probes = workload.probe();
      await world.runUntil(() => probes.every(({ outcome }) => outcome !== undefined), outstandingLimitMs);
      await settled(mesh, ledger);
      count(checks, 'letters arrive', probes.length);
      for (const { number, author, outcome } of probes)
        if (outcome !== 'stored' && !ledger.isStranger(author))
          world.fail(`in a mesh at rest letter ${number} of ${author.member.name} came to ${outcome}`);
      for (const { number, author, to } of ledger.owed)
        world.fail(
          `letter ${number} of ${author.member.name} was stored, and is owed to one of ${to.join(', ')}`,
        );
      const [life] = mesh.living;
      if (life === undefined) return;
      // What was handled last is settled in a moment.
      await world.run(2000);
      for (const letter of ledger.kept) {
        if (letter.id === undefined) continue;
        ledger.compare(letter, await world.resolve(life.node.letters.status(letter.id)));
      }
    },
  };
}

/** Until nothing is owed to programs that run, or the time is over. */
async function settled(mesh: Mesh, ledger: LetterLedger): Promise<void> {
  const { world } = mesh;
  const until = world.now + owedLimitMs;
  while (ledger.isAnyOwed && world.now < until) {
    await world.runUntil(() => !ledger.isAnyOwed, lookAgainMs);
    const [life] = mesh.living;
    if (life === undefined) return;
    for (const letter of ledger.owed) {
      if (letter.id === undefined) continue;
      const status = await world.resolve(life.node.letters.status(letter.id));
      if (status !== undefined) ledger.looked(letter, status);
    }
  }
}
