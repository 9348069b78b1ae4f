/** Nodes that are shut out without a new key: by all members, over restarts, until they are allowed again. */
import { expect, test } from 'vitest';
import { denialLimits } from '../../src/features/denials/core/limits.ts';
import { textOf } from '../../src/features/denials/core/list-file.ts';
import type { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import type { RecordSigner } from '../../src/kernel/contracts.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

interface Made {
  readonly made: FormationRun;
  /** Two members that are not the broker. */
  readonly a: Member;
  readonly b: Member;
}

/** Four nodes; `b` has used letters, and so has an identity. */
async function swarm(seed: number, machines = 1): Promise<Made> {
  const made = await formation({ seed, nodes: 4, machines });
  const [a, b] = made.others as [Member, Member];
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
  const unheard = await made.problemOf(nodeOf(b).send(a.nodeName, 'hello', { timeoutMs: 2000 }));
  expect(unheard).toMatchObject({ code: 'SKEIN_UNDELIVERED' });

  expect(await made.world.resolve(nodeOf(a).swarm.allow(identity))).toMatchObject([{ name: b.nodeName }]);
  await made.world.runUntil(() => knows(a, b.nodeName), limitMs);
  await made.world.resolve(nodeOf(b).letters.send(a.nodeName, 'again'));
});

test('every member remembers who is denied, also while nobody else is there, and a newcomer learns it', async () => {
  const { made, a, b } = await swarm(2);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  await made.world.run(5000);
  for (const member of others(made, b)) made.mesh.crash(member);
  await made.world.run(6000);
  await made.mesh.start(a);
  await made.world.run(10_000);
  expect(await made.world.resolve(nodeOf(a).swarm.denied())).toMatchObject([{ name: b.nodeName }]);
  expect(knows(a, b.nodeName)).toBe(false);

  const newcomer = made.mesh.add({ name: 'newcomer', formation: made.addresses });
  await made.mesh.start(newcomer);
  await made.world.runUntil(() => knows(newcomer, a.nodeName), limitMs);
  await made.world.run(5000);
  expect(await made.world.resolve(nodeOf(newcomer).swarm.denied())).toMatchObject([{ name: b.nodeName }]);
  expect(knows(newcomer, b.nodeName)).toBe(false);
});

test('what was answered lasts, also where it was followed by another one at once', async () => {
  const { made, a, b } = await swarm(9);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  await made.world.resolve(nodeOf(a).swarm.deny('other', { identity: 'e'.repeat(32) }));
  for (const member of made.mesh.members) made.mesh.crash(member);
  await made.mesh.start(a);
  const denied = await made.world.resolve(nodeOf(a).swarm.denied());
  expect(denied.map(({ name }) => name).sort()).toEqual([b.nodeName, 'other'].sort());
});

test('the store of the swarm remembers it where every member has lost its list, and logs each change once', async () => {
  const { made, a, b } = await swarm(3);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  await made.world.run(5000);
  for (const member of made.mesh.members) {
    made.mesh.crash(member);
    member.host.denials = undefined;
  }
  await made.world.run(6000);
  const left = made.mesh.members.filter((member) => member !== b);
  for (const member of left) await made.mesh.start(member);
  await made.agreed(left, limitMs);
  // The broker opens its store when it is first used.
  await made.world.resolve(nodeOf(a).swarm.nodes());
  await made.world.run(5000);
  for (const member of left)
    expect(await made.world.resolve(nodeOf(member).swarm.denied())).toMatchObject([{ name: b.nodeName }]);
  await made.world.resolve(nodeOf(a).swarm.allow(b.nodeName));
  await made.world.run(2000);
  const type = ['node.denied', 'node.allowed'];
  const { entries } = await made.world.resolve(nodeOf(a).log.list({ type }));
  const logged = entries.map((entry) => `${entry.type} ${entry.from} ${entry.subject}`);
  expect(logged).toEqual([
    `node.denied ${a.nodeName} ${b.nodeName}`,
    `node.allowed ${a.nodeName} ${b.nodeName}`,
  ]);
});

test('what a node has said before it was denied, and waits at the broker, is not done', async () => {
  const made = await formation({ seed: 10, nodes: 3 });
  const [a, b] = made.others as [Member, Member];
  const bodies: unknown[] = [];
  nodeOf(a).letters.handle(({ body }) => void bodies.push(body));
  const sent = nodeOf(b).letters.send(a.nodeName, 'waits for the store');
  // The first letter of a swarm waits for its new store.
  await made.world.run(50);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName, { identity: 'e'.repeat(32) }));
  await made.world.run(10_000);
  expect(bodies).toEqual([]);
  const known = (await made.world.resolve(nodeOf(a).letters.list())).map(({ from }) => from);
  expect(known).not.toContain(b.nodeName);
  expect((await sent).where).toBe('outbox');
});

test('a denied identity does not get in under another name, and another node of the machine does', async () => {
  const { made, a, b } = await swarm(4);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  void made.mesh.leave(b);
  await made.world.run(6000);
  const key = b.host.identities.get(b.nodeName) as RecordSigner;
  const renamed = made.mesh.add({ name: 'renamed', formation: made.addresses });
  renamed.host.identities.set(renamed.nodeName, key);
  const warnings: string[] = [];
  await made.mesh.start(renamed);
  nodeOf(renamed).events.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
  nodeOf(renamed)
    .letters.send(a.nodeName, 'in')
    .catch(() => undefined);
  await made.world.run(10_000);
  for (const member of others(made, renamed)) expect(knows(member, renamed.nodeName)).toBe(false);
  expect(warnings).toContain('SKEIN_DENIED');
  const honest = made.mesh.add({ name: 'honest', formation: made.addresses });
  await made.mesh.start(honest);
  await made.world.runUntil(() => knows(a, honest.nodeName), limitMs);
  await made.world.resolve(nodeOf(honest).letters.send(a.nodeName, 'hello'));
});

test('a denied name does not get in with another identity, or none', async () => {
  const { made, a, b } = await swarm(5);
  await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName));
  void made.mesh.leave(b);
  await made.world.run(6000);
  const other = made.mesh.add({
    name: 'elsewhere',
    nodeName: b.nodeName,
    formation: made.addresses,
    identity: false,
  });
  await made.mesh.start(other);
  const warnings = warningsOf(other);
  await made.world.run(10_000);
  for (const member of others(made, other)) expect(knows(member, b.nodeName)).toBe(false);
  // Nobody has sent it the list: those that it dials say why they refuse.
  expect(warnings).toContain('SKEIN_DENIED');
});

test('a broker that is denied is a broker no more, and another one takes over', async () => {
  const { made, a } = await swarm(6, 2);
  const { member: broker } = made.broker;
  await made.world.resolve(nodeOf(a).swarm.deny(broker.nodeName));
  await made.world.run(10_000);
  const left = others(made, broker);
  const follow = new Set<string | undefined>();
  for (const member of left) {
    const { features } = await made.world.resolve(nodeOf(member).status());
    follow.add((features.formation as { broker?: { name: string } }).broker?.name);
  }
  expect(follow.size).toBe(1);
  expect([...follow]).not.toContain(broker.nodeName);
  expect([...follow]).not.toContain(undefined);
});

test('bad input is named: oneself, a name that nobody has seen, what is no identity, what is not denied', async () => {
  const { made, a, b } = await swarm(7);
  const { swarm: asked } = nodeOf(a);
  expect(await made.problemOf(asked.deny(a.nodeName))).toMatchObject({
    code: 'SKEIN_INVALID',
    message: `${a.nodeName} is this node itself: run skein node deny on another node`,
  });
  expect(await made.problemOf(asked.deny('nobody'))).toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
  await expect(asked.deny('b', { identity: 'abc' })).rejects.toThrow('32 hexadecimal digits, and "abc"');
  await expect(asked.deny('b c')).rejects.toThrow('deny: a name has 1 to 64');
  expect(await made.problemOf(asked.allow(b.nodeName))).toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
  const identity = 'e'.repeat(32);
  const unseen = await made.world.resolve(asked.deny('nobody', { identity }));
  expect(unseen).toMatchObject({ name: 'nobody', identity });
  await made.world.run(3000);
  expect(await made.world.resolve(asked.deny('nobody', { identity }))).toEqual(unseen);
});

test('a list that is full takes no more, and says what to do', async () => {
  const { made, a, b } = await swarm(8);
  made.mesh.crash(a);
  const denials = Array.from({ length: denialLimits.denialsMax }, (_, i) => ({
    ...{ name: `n${i}`, identity: 'a'.repeat(32), version: 1, isDenied: true, since: 1, by: 'x' },
  }));
  a.host.denials = textOf(denials.map((each, i) => ({ ...each, name: `bad-${i}` })));
  await made.world.run(6000);
  await made.mesh.start(a);
  await made.agreed(
    made.mesh.members.filter(({ life }) => life !== undefined),
    limitMs,
  );
  expect(await made.problemOf(nodeOf(a).swarm.deny(b.nodeName))).toMatchObject({
    code: 'SKEIN_BUSY',
    message: expect.stringContaining('1000 nodes are denied already: allow some of them'),
  });
  await made.world.resolve(nodeOf(a).swarm.allow('bad-7'));
  expect(await made.world.resolve(nodeOf(a).swarm.deny(b.nodeName))).toMatchObject({ name: b.nodeName });
});
