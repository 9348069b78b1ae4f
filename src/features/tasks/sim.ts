/**
 * Tasks in the simulator: programs order tasks and work on them over changes of the broker and the deaths of workers; a
 * ledger judges every attempt.
 *
 * Read by `features/sim.ts`.
 */
import { count } from '../../sim/world/checkers/checkers.ts';
import { readGroundTruth } from '../../sim/world/checkers/ground-truth.ts';
import type { Life } from '../../sim/world/member.ts';
import { storeModels } from '../../sim/world/store-models.ts';
import type { SimulatedFeature, Workload, WorkloadParts } from '../../sim/world/workload.ts';
import { machinesOf } from '../swarm/sim/machines.ts';
import { swarmModel } from '../swarm/store/model.ts';
import { QueueProbe } from './sim/queue-probe.ts';
import { renewalsPerSecond, TaskLedger } from './sim/task-ledger.ts';
import { TaskLetters } from './sim/task-letters.ts';
import { TaskWorkload } from './sim/task-workload.ts';
import { tasksModel } from './store/model.ts';

/** For ends that go to their authors as letters, where the tree has these. */
const mailboxes = storeModels.filter(({ name }) => name === 'letters');
const tasksPerSecond = 8;
/** An order ends after 30 s. */
const outstandingLimitMs = 40_000;
/** Of a handler that is stuck, a lease that runs out, and the waits between attempts. */
const endedLimitMs = 120_000;
/** A handler in a mesh that has healed, and what could not be put into a mailbox before. */
const letterLimitMs = 60_000;
const lookAgainMs = 2000;
/** Of an end, from the broker to its author. */
const heardLimitMs = 10_000;
/** Of the runs: a hundred tasks each. */
const passingShare = 0.125;
/** A renewal, its answer and what confirms both, on each link on their way. */
const renewalBytes = 500;

const tasks: SimulatedFeature = {
  name: 'tasks',
  variants: ['tasks'],
  checks: [
    'tasks for a reason',
    'a final state stays',
    'results are of one attempt',
    'a key means one task',
    'tasks end',
    'ends are heard',
    'ends come as letters',
    'drained workers take on nothing',
    'turns by priority',
    'passed at most 64 times',
  ],
  swarm: { share: 0.1, variants: ['tasks'] },
  usualRate: () => tasksPerSecond,
  make,
};

export default tasks;

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function make({ mesh, checks, ratePerSecond }: WorkloadParts): Workload {
  const { world } = mesh;
  const machines = machinesOf(mesh, [swarmModel, tasksModel, ...mailboxes]);
  const ledger = new TaskLedger(mesh, checks);
  const probe = new QueueProbe(mesh, checks);
  const letters = new TaskLetters(world, checks, ledger);
  const workload = new TaskWorkload(mesh, ledger, letters, Math.min(ratePerSecond, tasksPerSecond));
  /** What has another one's name is answered nothing. */
  const known = () => mesh.living.filter((life) => !machines.isStranger(life));
  return {
    counts: ledger.counts,
    start: () => workload.start(),
    stop: () => workload.stop(),
    look: () => undefined,
    /** Each program is a worker, which renews its lease. */
    idleBytesPerSecond: async () => {
      const [life] = mesh.living;
      if (life === undefined) return 0;
      const distances = [...(await readGroundTruth(mesh)).distancesFrom(life.node.name).values()];
      return sumOf(distances) * renewalBytes * renewalsPerSecond;
    },
    conclude: async () => {
      await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
      for (const task of ledger.outstanding) ledger.fail(task, 'was never answered');
      await workload.resumeAll(known());
      const probes = workload.probe(known());
      await world.runUntil(() => probes.every(({ outcome }) => outcome !== undefined), outstandingLimitMs);
      for (const task of probes)
        if (task.outcome !== 'stored') ledger.fail(task, `came to ${task.outcome} in a mesh at rest`);
      const until = world.now + endedLimitMs;
      for (;;) {
        const open = await openTasks();
        if (open.length === 0) break;
        if (world.now >= until) {
          for (const { task, state, why } of open)
            ledger.fail(task, `is ${state} at the end: ${why.join('; ')}`);
          break;
        }
        await world.run(lookAgainMs);
      }
      for (const task of probes)
        if (task.final !== 'done') ledger.fail(task, `is ${task.final} in a mesh at rest`);
      await probe.run(known(), world.random.fork('tasks passing').chance(passingShare));
      await lookAtAll();
      await world.runUntil(() => ledger.unheard(known()).length === 0, heardLimitMs);
      count(checks, 'ends are heard', ledger.kept.length);
      for (const task of ledger.unheard(known()))
        ledger.fail(task, `is ${task.final}, and its author has not heard so`);
      await world.runUntil(() => letters.missing(known()).length === 0, letterLimitMs);
      for (const task of letters.missing(known()))
        ledger.fail(task, `is ${task.final}, and its letter did not come`);
      letters.compare();
    },
  };

  /** That are stored and have not ended, as the broker says. */
  async function openTasks() {
    const [life] = known();
    if (life === undefined) return [];
    const open = [];
    for (const task of ledger.kept) {
      if (task.id === undefined || task.final !== undefined) continue;
      const status = await world.resolve(life.node.tasks.task(task.id).status());
      if (status === undefined) {
        ledger.fail(task, 'was stored, and the swarm does not know it');
        task.final = 'lost';
        continue;
      }
      ledger.looked(task, status);
      count(checks, 'tasks end', 1);
      if (task.final === undefined) open.push({ task, state: status.state, why: status.why });
    }
    return open;
  }

  /** All that the swarm keeps. */
  async function lookAtAll() {
    const [life] = known();
    for (let after = 0, isMore = life !== undefined; isMore; ) {
      const page = await world.resolve((life as Life).node.tasks.list({ after }));
      for (const view of page.tasks) ledger.listed(view);
      ({ place: after, isMore } = page);
    }
  }
}
