/**
 * Letters in the simulator: programs send letters to each other over changes of the broker, and handle what comes; a
 * ledger judges every letter. So do two workloads that need letters: conversations, whose words and answers a history of
 * who took part judges, read from the store itself; and impostors, which start under the name of a node that is off: they
 * must get none of its letters and do nothing in its name.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import type { Mesh } from '../../sim/world/mesh.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { conversationsModel } from '../conversations/store/model.ts';
import { MachineTroubles } from '../swarm/sim/machine-troubles.ts';
import { machinesOf } from '../swarm/sim/machines.ts';
import { swarmModel } from '../swarm/store/model.ts';
import { ImpostorWorkload } from './sim/impostor-workload.ts';
import { askedMs, LetterLedger, settledMs } from './sim/letter-ledger.ts';
import { LetterWorkload } from './sim/letter-workload.ts';
import { TalkHistory } from './sim/talk-history.ts';
import { TalkLedger } from './sim/talk-ledger.ts';
import { TalkWorkload } from './sim/talk-workload.ts';
import { lettersModel } from './store/model.ts';

const lettersPerSecond = 20;
const burstsVariant = 'letters-in-bursts';
/** Brokers come to be on machines that do not have the store, and disks are lost. */
const machinesVariant = 'letters-on-machines';
const machinesMin = 2;
const machinesMax = 3;
const diskLossShare = 0.3;
const adoptedLimitMs = 30_000;
/** A send ends after 4 s; handlers and retries that were begun under faults take longer. */
const outstandingLimitMs = 20_000;
/** Of a handler that was stuck, and the longest waits between attempts. */
const owedLimitMs = 60_000;
const lookAgainMs = 5000;

const letters: SimulatedFeature = {
  name: 'letters',
  variants: ['letters', burstsVariant, machinesVariant],
  checks: [
    'letters for a reason',
    'letters in order',
    'letters arrive',
    'letters are in one store',
    'the store says what was done',
  ],
  swarm: { share: 0.3, variants: ['letters', burstsVariant, machinesVariant] },
  usualRate: () => lettersPerSecond,
  make,
};

export default letters;

const talkActsPerSecond = 8;

/** Who talks with whom. */
export const conversations: SimulatedFeature = {
  name: 'conversations',
  variants: ['conversations'],
  checks: [
    'answers about participants are true',
    'words reach the participants',
    'participants agree at rest',
  ],
  swarm: { share: 0.15, variants: ['conversations'] },
  usualRate: () => talkActsPerSecond,
  make: makeConversations,
};

const impostorLettersPerSecond = 10;

/** Nodes under the name of another one. */
export const impostors: SimulatedFeature = {
  name: 'impostors',
  variants: ['impostors'],
  checks: ['an impostor is refused', 'the true node has its letters'],
  swarm: { share: 0.1, variants: ['impostors'] },
  usualRate: () => impostorLettersPerSecond,
  make: makeImpostors,
};

function make({ mesh, checks, ratePerSecond, variant }: WorkloadParts): Workload {
  const hasMachines = variant === machinesVariant;
  const machineCount = hasMachines
    ? mesh.world.random.fork('machines of letters').integer(machinesMin, machinesMax)
    : 1;
  const machines = machinesOf(mesh, [swarmModel, lettersModel], machineCount);
  const troubles = new MachineTroubles(mesh, machines, diskLossShare);
  const ledger = new LetterLedger(mesh, checks, machines);
  const workload = new LetterWorkload(mesh, ledger, {
    lettersPerSecond: Math.min(ratePerSecond, lettersPerSecond),
    hasBursts: variant === burstsVariant,
    hasCopies: hasMachines,
  });
  return {
    get counts() {
      return { ...ledger.counts, ...troubles.counts };
    },
    start: () => {
      workload.start();
      if (hasMachines) troubles.start();
    },
    stop: () => {
      workload.stop();
      troubles.stop();
    },
    look: () => ledger.checkOneStore(),
    conclude: async () => {
      const { world } = mesh;
      if (!(await world.runUntil(() => troubles.isAdopted, adoptedLimitMs)))
        world.fail('no store could be adopted in place of the one that was lost');
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
      const life = mesh.living.find((each) => !ledger.isStranger(each));
      if (life === undefined) return;
      ledger.checkOneStore();
      await world.run(hasMachines ? settledMs + askedMs : settledMs);
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
    const life = mesh.living.find((each) => !ledger.isStranger(each));
    if (life === undefined) return;
    for (const letter of ledger.owed) {
      if (letter.id === undefined) continue;
      const status = await world.resolve(life.node.letters.status(letter.id));
      if (status !== undefined) ledger.looked(letter, status);
    }
  }
}

function makeConversations({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const history = new TalkHistory(mesh.world);
  const machines = machinesOf(mesh, [swarmModel, history.watched(conversationsModel), lettersModel]);
  const ledger = new TalkLedger({ mesh, checks, history, machines });
  const workload = new TalkWorkload(mesh, ledger, Math.min(ratePerSecond, talkActsPerSecond));
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: () => workload.conclude(),
  };
}

function makeImpostors({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const machines = machinesOf(mesh, [swarmModel, lettersModel]);
  const rate = Math.min(ratePerSecond, impostorLettersPerSecond);
  const workload = new ImpostorWorkload({ mesh, checks, machines }, rate);
  return {
    counts: workload.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    conclude: () => workload.conclude(),
  };
}
