/**
 * 500 nodes: a cold start, then a crash and a join a minute for ten minutes, with messages and every
 * checker on. The figure is how long that takes in real time on this machine.
 */
import { type CheckCounts, checkNetwork, checkQueues } from '../../src/sim/checkers.ts';
import { MessageLedger } from '../../src/sim/message-ledger.ts';
import { Workload } from '../../src/sim/workload.ts';
import type { Figure } from './figure.ts';
import { type StartedMesh, startMesh, untilAllKnowAll } from './meshes.ts';

const nodes = 500;
const minutes = 10;
const messagesPerSecond = 5;
const convergeLimitMs = 30_000;

export async function largeFigures(): Promise<readonly Figure[]> {
  const begun = performance.now();
  const checks: CheckCounts = {};
  let ledger: MessageLedger | undefined;
  const started = await startMesh(nodes, 1, 0, (mesh) => {
    ledger = new MessageLedger(mesh, checks);
  });
  const coldSeconds = (performance.now() - begun) / 1000;
  const workload = new Workload(started.mesh, ledger as unknown as MessageLedger, messagesPerSecond);
  workload.start();
  for (let minute = 1; minute <= minutes; minute++) await aMinute(started, minute, checks);
  workload.stop();
  const { world, mesh } = started;
  if (world.failures.length > 0) throw new Error(world.failures.join('; '));
  mesh.killAll();
  return [
    {
      name: `${nodes} nodes: cold start and ${minutes} minutes with a crash and a join a minute, checkers on, real time`,
      value: (performance.now() - begun) / 1000,
      unit: 's',
      goal: 60,
      note: `the cold start ${coldSeconds.toFixed(0)} s`,
    },
  ];
}

async function aMinute(started: StartedMesh, minute: number, checks: CheckCounts): Promise<void> {
  const { world, mesh } = started;
  const end = world.now + 60_000;
  const random = world.random.fork(`minute ${minute}`);
  mesh.crash(random.pick(mesh.living).member);
  mesh.start(mesh.add({ name: `late${minute}` }));
  if (!(await untilAllKnowAll(started, nodes, convergeLimitMs)))
    world.fail(`minute ${minute}: not all know all after ${convergeLimitMs / 1000} s`);
  for (const problem of await checkQueues(mesh, checks)) world.fail(problem);
  await world.run(end - world.now);
  for (const problem of await checkNetwork(mesh, checks)) world.fail(problem);
}
