/**
 * 500 nodes: a cold start, then a crash and a join a minute for ten minutes, with messages and every
 * checker on. The figure is how long that takes in real time on this machine.
 */

import { MessageLedger } from '../../src/features/messaging/sim/message-ledger.ts';
import { MessageWorkload } from '../../src/features/messaging/sim/message-workload.ts';
import { type CheckCounts, checkNetwork } from '../../src/sim/world/checkers/checkers.ts';
import { Safety } from '../../src/sim/world/checkers/safety.ts';
import type { Figure } from './figure.ts';
import { type StartedMesh, startMesh, untilAllKnowAll } from './meshes.ts';

const nodes = 500;
const minutes = 10;
const messagesPerSecond = 5;
const knownLimitMs = 30_000;
const lookEveryMs = 1000;

interface Watched extends StartedMesh {
  readonly checks: CheckCounts;
  readonly safety: Safety;
  readonly ledger: MessageLedger;
}

export async function largeFigures(): Promise<readonly Figure[]> {
  const begun = performance.now();
  const watched = await startWatched();
  const coldSeconds = (performance.now() - begun) / 1000;
  const workload = new MessageWorkload(watched.mesh, watched.ledger, messagesPerSecond);
  workload.start();
  for (let minute = 1; minute <= minutes; minute++) await aMinute(watched, minute);
  workload.stop();
  const { world, mesh, checks } = watched;
  for (const problem of await checkNetwork(mesh, checks)) world.fail(problem);
  if (world.failures.length > 0) throw new Error(world.failures.slice(0, 5).join('; '));
  const looks = Object.values(checks).reduce((sum, times) => sum + times, 0);
  mesh.killAll();
  return [
    {
      name: `${nodes} nodes: cold start and ${minutes} minutes with a crash and a join a minute, checkers on, real time`,
      value: (performance.now() - begun) / 1000,
      unit: 's',
      goal: 60,
      note: `the cold start ${coldSeconds.toFixed(0)} s; ${looks} checks`,
    },
  ];
}

async function startWatched(): Promise<Watched> {
  const checks: CheckCounts = {};
  let watching: Pick<Watched, 'safety' | 'ledger'> | undefined;
  const started = await startMesh(nodes, 1, 0, (mesh) => {
    const safety = new Safety(mesh, checks);
    watching = { safety, ledger: new MessageLedger(mesh, checks, { standing: safety.standing }) };
  });
  if (watching === undefined) throw new Error('the mesh was not watched from its start');
  return { ...started, ...(watching as Pick<Watched, 'safety' | 'ledger'>), checks };
}

/** A crash and a join, known to all in time; then the rest of the minute. */
async function aMinute(watched: Watched, minute: number): Promise<void> {
  const { world, mesh, safety, ledger } = watched;
  const end = world.now + 60_000;
  mesh.crash(world.random.fork(`minute ${minute}`).pick(mesh.living).member);
  mesh.start(mesh.add({ name: `late${minute}` }));
  if (!(await untilAllKnowAll(watched, nodes, knownLimitMs)))
    world.fail(`minute ${minute}: not all know all after ${knownLimitMs / 1000} s`);
  while (world.now < end) {
    await world.run(Math.min(lookEveryMs, end - world.now));
    await safety.look();
    ledger.checkOverdue();
  }
}
