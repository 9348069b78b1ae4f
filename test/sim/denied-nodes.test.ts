/** Nodes that are shut out without a new key: by all members, over restarts, until they are allowed again. */
import { afterEach, expect, test } from 'vitest';
import { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import { storeModels } from '../../src/features/store-models.ts';
import type { SkeinError } from '../../src/kernel/errors.ts';
import type { Life, Member } from '../../src/sim/world/mesh.ts';

const limitMs = 30_000;
let run: FormationRun | undefined;

afterEach(() => {
  run?.end();
  run = undefined;
});

interface Made {
  readonly made: FormationRun;
  /** Two members that are not the broker. */
  readonly a: Member;
  readonly b: Member;
}

/** Four nodes; `b` has used letters, and so has an identity. */
async function swarm(seed: number, machines = 1): Promise<Made> {
  const made = new FormationRun({ seed, nodes: 4, machines, stores: storeModels });
  run = made;
  made.start();
  await made.agreed(made.mesh.members, limitMs);
  const [a, b] = made.mesh.members.filter((member) => member !== made.broker.member) as [Member, Member];
  await made.world.resolve(nodeOf(b).letters.send(a.nodeName, 'first'));
  await made.world.run(2000);
  return { made, a, b };
}

function nodeOf(member: Member): Life['node'] {
  return (member.life as Life).node;
}

function warningsOf(member: Member): string[] {
  const warnings: string[] = [];
  nodeOf(member).events.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
  return warnings;
}

async function problemOf(made: FormationRun, promise: Promise<unknown>): Promise<SkeinError | undefined> {
  try {
    await made.world.resolve(promise);
  } catch (error) {
    return error as SkeinError;
  }
  return undefined;
}

const others = (made: FormationRun, member: Member): Member[] =>
  made.mesh.members.filter((each) => each !== member && each.life !== undefined);
const knows = (member: Member, name: string): boolean => (member.life as Life).knows.has(name);

test('a node that is denied loses all links, hears why, and is a member again once it is allowed', async () => {
  const { made, a, b } = await swarm(1);
  const warnings = warningsOf(b);
  const { identity } = (await made.world.resolve(nodeOf(a).swarm.nodes())).find(
    ({ name }) => name === b.nodeName,
  ) as { identity: string };
  const denied = await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  expect(denied).toMatchObject({ name: b.nodeName, identity, by: a.nodeName });
  await made.world.run(5000);
  for (const member of others(made, b)) {
    expect(knows(member, b.nodeName)).toBe(false);
    expect(await made.world.resolve(nodeOf(member).swarm.denied())).toEqual([denied]);
  }
  expect(knows(b, a.nodeName)).toBe(false);
  expect(warnings).toContain('SKEIN_DENIED');
  const unheard = await problemOf(made, nodeOf(b).send(a.nodeName, 'hello', { timeoutMs: 2000 }));
  expect(unheard).toMatchObject({ code: 'SKEIN_UNDELIVERED' });

  expect(await made.world.resolve(nodeOf(a).swarm.allow(identity))).toMatchObject([{ name: b.nodeName }]);
  await made.world.runUntil(() => knows(a, b.nodeName), limitMs);
  await made.world.resolve(nodeOf(b).letters.send(a.nodeName, 'again'));
  expect(made.world.failures).toEqual([]);
});
