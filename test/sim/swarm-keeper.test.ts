/** The event `swarm:keeper`, and its line in the log, under virtual time. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { SwarmKeeper } from '../../src/features/swarm/api.ts';
import { swarmLimits } from '../../src/features/swarm/core/limits.ts';
import { formations, keptElsewhere } from './formations.ts';

const formation = formations();
const limitMs = 30_000;

test('where the swarm is kept on a machine that is away, each node reports that, with the machine and its store, and who keeps it once it is back', async () => {
  const { made, kept, left } = await keptElsewhere(formation, 1, 'before');
  await made.world.run(1000);
  const warnings: string[] = [];
  made.mesh.observers.push({
    logged: (member, level, text) => void (level === 'warn' && warnings.push(`${member.nodeName}: ${text}`)),
  });
  const seen = left.map((member) => {
    const keepers: SwarmKeeper[] = [];
    lifeOf(member).node.events.addEventListener('swarm:keeper', ({ detail }) => keepers.push(detail));
    return keepers;
  });
  for (const member of kept) made.mesh.crash(member);
  await made.agreed(left, limitMs);
  await made.world.run(5000);
  const [first] = left.map(lifeOf);
  const error = await made.problemOf((first as ReturnType<typeof lifeOf>).node.swarm.nodes());
  expect(error).toMatchObject({ code: 'SKEIN_STORE_ELSEWHERE', message: expect.stringContaining('here') });
  const problem = {
    code: error.code,
    message: error.message,
    details: { host: 'here', store: expect.stringMatching(/^[0-9a-f]{32}$/) },
  };
  // Their own stores are looked at again meanwhile, in case they were put back.
  await made.world.run(10 * swarmLimits.swarmLookAgainMs);
  for (const keepers of seen) {
    expect(keepers.at(-1)).toEqual({ problem });
    expect(keepers.length).toBeLessThan(5);
  }
  const said = warnings.filter((text) => text.endsWith(error.message));
  expect(new Set(said)).toEqual(new Set(left.map(({ nodeName }) => `${nodeName}: ${error.message}`)));
  expect(said.length).toBeLessThan(5);
  for (const member of kept) made.mesh.start(member);
  const names = kept.map(({ nodeName }) => nodeName);
  await made.until(() => seen.every((keepers) => names.includes(keepers.at(-1)?.keeper ?? '')), 'it is back');
});
