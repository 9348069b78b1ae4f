/** A broker that is denied gives up brokering: the formation's address, and the store that it shares with the next one. */
import { afterEach, expect, test } from 'vitest';
import type { FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import { storeModels } from '../../src/features/store-models.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';

const limitMs = 30_000;
let run: FormationRun | undefined;

afterEach(() => {
  run?.end();
  run = undefined;
});

/** Nodes that have used letters, on machines of which each has one address of the formation, and one store. */
async function swarm(seed: number, machines: number): Promise<FormationRun> {
  const made = new FormationRun({ seed, nodes: 4, machines, stores: storeModels });
  run = made;
  made.start();
  await made.agreed(made.mesh.members, limitMs);
  for (const [i, member] of made.mesh.members.entries()) {
    const to = made.mesh.members[i === 0 ? 1 : 0] as Member;
    await made.world.resolve(nodeOf(member).letters.send(to.nodeName, 'first'));
  }
  await made.world.run(2000);
  return made;
}

function nodeOf(member: Member): Life['node'] {
  return (member.life as Life).node;
}

async function statusOf(made: FormationRun, member: Member) {
  const { features } = await made.world.resolve(nodeOf(member).status());
  return {
    formation: features.formation as FormationStatus,
    swarm: features.swarm as { store: string; problem?: string },
  };
}

test('a broker that is denied lets the only address go to another node of its machine, and leaves the store to it', async () => {
  const made = await swarm(1, 1);
  const { member: broker } = made.broker;
  const [a, b] = made.mesh.members.filter((member) => member !== broker) as [Member, Member];
  const takeovers = async (): Promise<string[]> => {
    const { entries } = await made.world.resolve(nodeOf(a).log.list({ type: ['broker.changed'] }));
    return entries.map(({ from }) => from);
  };
  const before = (await takeovers()).length;
  const problems: unknown[] = [];
  nodeOf(broker).events.addEventListener('swarm:keeper', ({ detail }) => problems.push(detail.problem?.code));
  await made.world.resolve(nodeOf(a).swarm.deny(broker.nodeName));
  await made.world.run(3000);
  const next = (await statusOf(made, a)).formation.broker;
  expect(next).toMatchObject({ address: made.addresses[0] });
  expect(next?.name).not.toBe(broker.nodeName);
  expect(problems.at(-1)).toBe('SKEIN_DENIED');
  // Used at both, so that each would claim it.
  const asked = nodeOf(broker)
    .letters.list()
    .catch((error: Error) => error);
  expect(await made.world.resolve(asked)).toMatchObject({ code: 'SKEIN_DENIED' });
  const kept = await made.world.resolve(nodeOf(broker).letters.send(a.nodeName, 'kept'));
  expect(kept.where).toBe('outbox');
  await made.world.resolve(nodeOf(a).letters.send(b.nodeName, 'stored'));
  await made.world.run(20_000);
  expect((await takeovers()).slice(before)).toEqual([next?.name]);
  expect(await statusOf(made, broker)).toMatchObject({
    formation: { role: 'seeking', aside: true },
    swarm: { store: 'elsewhere', problem: expect.stringContaining('this node is denied in the mesh, by') },
  });
  const why = await made.world.resolve(nodeOf(broker).explain());
  expect(why.findings.map(({ code }) => code)).toContain('formation-aside');

  const bodies: unknown[] = [];
  nodeOf(a).letters.handle(({ body }) => void bodies.push(body));
  await made.world.resolve(nodeOf(a).swarm.allow(broker.nodeName));
  await made.agreed(made.mesh.members, limitMs);
  await made.world.runUntil(() => bodies.includes('kept'), limitMs);
  expect(bodies).toContain('kept');
  expect((await statusOf(made, broker)).formation).not.toHaveProperty('aside');
  expect(made.world.failures).toEqual([]);
});

test('a broker that is denied stays none, also after a restart, though an address of its machine is free', async () => {
  const made = await swarm(2, 2);
  const { member: broker } = made.broker;
  const a = made.mesh.members.find(
    (member) => !made.machineOf(broker.life as Life).includes(member),
  ) as Member;
  await made.world.resolve(nodeOf(a).swarm.deny(broker.nodeName));
  for (const member of made.machineOf(broker.life as Life)) if (member !== broker) made.mesh.crash(member);
  await made.world.run(10_000);
  expect((await statusOf(made, broker)).formation.role).toBe('seeking');
  made.mesh.crash(broker);
  await made.mesh.start(broker);
  const roles = new Set<string>();
  for (let i = 0; i < 40; i++) {
    await made.world.run(500);
    roles.add((await statusOf(made, broker)).formation.role);
  }
  expect([...roles]).toEqual(['seeking']);
});

test('a node whose list is lost becomes no broker once it was turned away, and is a member once it is allowed', async () => {
  const made = await swarm(3, 2);
  const { member: broker } = made.broker;
  const others = made.mesh.members.filter((each) => !made.machineOf(broker.life as Life).includes(each));
  const denied = others[0] as Member;
  for (const member of others) made.mesh.crash(member);
  await made.world.resolve(nodeOf(broker).swarm.deny(denied.nodeName));
  await made.world.run(6000);
  denied.host.denials = undefined;
  await made.mesh.start(denied);
  await made.world.run(10_000);
  for (let i = 0; i < 40; i++) {
    await made.world.run(500);
    expect((await statusOf(made, denied)).formation).toMatchObject({ role: 'seeking', aside: true });
  }
  await made.world.resolve(nodeOf(broker).swarm.allow(denied.nodeName));
  await made.world.runUntil(() => (denied.life as Life).knows.has(broker.nodeName), limitMs);
  await made.world.run(2000);
  expect((await statusOf(made, denied)).formation).toMatchObject({ role: 'member' });
});
