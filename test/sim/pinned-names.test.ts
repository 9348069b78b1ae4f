/** Whose mailbox it is: names that the swarm has pinned to identities, and members that lie about theirs. */
import { expect, test } from 'vitest';
import type { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import type { Letter } from '../../src/features/letters/api.ts';
import type { RecordSigner } from '../../src/kernel/contracts.ts';
import type { Life, Member, MemberOptions } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

/** Three nodes on one machine; `a` and `b` are not the broker, and `b` has used letters. */
async function swarm(seed: number): Promise<{ made: FormationRun; a: Life; b: Member }> {
  const made = await formation({ seed, nodes: 3 });
  const [a, b] = made.others as [Member, Member];
  await made.world.resolve((b.life as Life).node.letters.send(a.nodeName, 'first'));
  // Its announcement, with its proof, may be on its way.
  await made.world.run(2000);
  return { made, a: a.life as Life, b };
}

/** A node of another machine under the name of `member`, which has ended. */
async function impostor(
  made: FormationRun,
  member: Member,
  options: Partial<MemberOptions> = {},
): Promise<Life> {
  made.mesh.crash(member);
  await made.world.run(6000);
  const other = made.mesh.add({
    name: 'elsewhere',
    nodeName: member.nodeName,
    formation: made.addresses,
    ...options,
  });
  return started(made, other);
}

async function started(made: FormationRun, member: Member): Promise<Life> {
  const life = await made.mesh.start(member);
  await made.agreed([made.broker.member, member], limitMs);
  return life as Life;
}

interface Handled {
  readonly letters: Letter[];
  readonly warnings: string[];
}

function handling({ node }: Life): Handled {
  const handled: Handled = { letters: [], warnings: [] };
  node.events.addEventListener('warning', ({ detail }) => handled.warnings.push(detail.code));
  node.letters.handle((letter) => void handled.letters.push(letter));
  return handled;
}

const pinned = { code: 'SKEIN_NAME_PINNED', message: expect.stringContaining('skein node forget') };

test('another node under a pinned name gets no letter, sends none, asks nothing, and hears why', async () => {
  const { made, a, b } = await swarm(1);
  const other = await impostor(made, b);
  const atBroker = handling(made.broker);
  const theirs = handling(other);
  await made.world.resolve(a.node.letters.send(b.nodeName, 'for the true one'));
  expect(await made.problemOf(other.node.letters.send(a.node.name, 'forged'))).toMatchObject(pinned);
  expect(await made.problemOf(other.node.swarm.nodes())).toMatchObject(pinned);
  await made.world.run(20_000);
  expect(theirs).toEqual({ letters: [], warnings: ['SKEIN_NAME_PINNED'] });
  expect(atBroker.warnings).toEqual(['SKEIN_NAME_PINNED']);
  void made.mesh.leave(other.member);
  await made.world.run(6000);
  const ours = handling(await started(made, b));
  await made.world.runUntil(() => ours.letters.length > 0, limitMs);
  expect(ours.letters.map(({ body }) => body)).toEqual(['for the true one']);
  expect(ours.warnings).toEqual([]);
});

test('a proof of the true node that another one shows does not do', async () => {
  const { made, b } = await swarm(2);
  const truth = b.host.identities.get(b.nodeName) as RecordSigner;
  const recorded: Uint8Array[] = [];
  b.host.identities.set(b.nodeName, { ...truth, sign: (bytes) => record(truth.sign(bytes)) });
  const record = (signature: Uint8Array): Uint8Array => {
    recorded.push(signature);
    return signature;
  };
  made.mesh.crash(b);
  await made.world.run(6000);
  await made.world.resolve((await started(made, b)).node.swarm.nodes());
  expect(recorded).toHaveLength(1);
  const other = await impostorWith(made, b, { ...truth, sign: () => recorded[0] as Uint8Array });
  const theirs = handling(other);
  expect(await made.problemOf(other.node.letters.send('n1', 'forged'))).toMatchObject(pinned);
  expect(theirs.letters).toEqual([]);
});

async function impostorWith(made: FormationRun, member: Member, key: RecordSigner): Promise<Life> {
  made.mesh.crash(member);
  await made.world.run(6000);
  const other = made.mesh.add({ name: 'liar', nodeName: member.nodeName, formation: made.addresses });
  other.host.identities.set(member.nodeName, key);
  return started(made, other);
}

test('a node without an identity is refused under a pinned name, and served under one that nobody has pinned', async () => {
  const { made, a, b } = await swarm(3);
  const other = await impostor(made, b, { identity: false });
  expect(await made.problemOf(other.node.letters.send(a.node.name, 'forged'))).toMatchObject(pinned);
  const plain = made.mesh.add({ name: 'plain', formation: made.addresses, identity: false });
  const { node } = await started(made, plain);
  await made.world.resolve(node.letters.send(a.node.name, 'hello'));
});

test('the next broker knows the pins of the one before', async () => {
  const { made, b } = await swarm(4);
  const other = await impostor(made, b);
  const { member } = made.broker;
  made.mesh.crash(member);
  const left = made.mesh.members.filter(({ life }) => life !== undefined);
  await made.agreed(left, limitMs);
  expect(made.broker.member).not.toBe(member);
  expect(await made.problemOf(other.node.letters.send('n1', 'forged'))).toMatchObject(pinned);
});

test('a pin that could not be written is written later, though its node is gone: the next broker knows it', async () => {
  const made = await formation({ seed: 7, nodes: 4 });
  const [a, b] = made.others as [Member, Member];
  await made.world.resolve((a.life as Life).node.swarm.nodes());
  const { member } = made.broker;
  member.host.disk.isFull = true;
  await made.world.resolve((b.life as Life).node.swarm.nodes());
  made.mesh.crash(b);
  await made.world.run(6000);
  member.host.disk.isFull = false;
  await made.world.run(3000);
  made.mesh.crash(member);
  await made.agreed(
    made.mesh.members.filter(({ life }) => life !== undefined),
    limitMs,
  );
  const other = made.mesh.add({ name: 'elsewhere', nodeName: b.nodeName, formation: made.addresses });
  const { node } = await started(made, other);
  expect(await made.problemOf(node.letters.send(a.nodeName, 'forged'))).toMatchObject(pinned);
});

test('a name is forgotten while its node is away, and is then the one of the next that proves an identity', async () => {
  const { made, a, b } = await swarm(5);
  const { swarm: asked } = a.node;
  const here = await made.problemOf(asked.forget(b.nodeName));
  expect(here).toMatchObject({ code: 'SKEIN_REFUSED', message: `${b.nodeName} is here: stop it first` });
  expect(await made.problemOf(asked.forget('nobody'))).toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
  const other = await impostor(made, b);
  const theirs = handling(other);
  await made.world.resolve(a.node.letters.send(b.nodeName, 'waits'));
  await made.world.run(5000);
  expect(theirs.letters).toEqual([]);
  expect(await made.world.resolve(asked.forget(b.nodeName))).toEqual({ wasSeen: true, wasPinned: true });
  // Its mailbox was refused, and opens now: nobody restarts it.
  await made.world.runUntil(() => theirs.letters.length > 0, limitMs);
  expect(theirs.letters.map(({ body }) => body)).toEqual(['waits']);
  expect(theirs.warnings).toEqual(['SKEIN_NAME_PINNED']);
  const seen = (await made.world.resolve(asked.nodes())).find(({ name }) => name === b.nodeName);
  expect(seen).toMatchObject({ isReachable: true, identity: expect.stringMatching(/^[0-9a-f]{32}$/) });
});

test('a name that is forgotten is seen no more, and no letter goes to it', async () => {
  const { made, a, b } = await swarm(6);
  void made.mesh.leave(b);
  await made.world.run(6000);
  expect(await made.world.resolve(a.node.swarm.forget(b.nodeName))).toEqual({
    wasSeen: true,
    wasPinned: true,
  });
  const names = (await made.world.resolve(a.node.swarm.nodes())).map(({ name }) => name);
  expect(names).not.toContain(b.nodeName);
});

test('a name is pinned also where its node ends right after its first letter', async () => {
  const outcomes = new Set<boolean>();
  for (const [i, afterMs] of [0, 5, 10, 20, 40, 80, 160, 320].entries()) {
    const made = await formation({ seed: 100 + i, nodes: 3 });
    const [a, b] = made.others as [Member, Member];
    const ofA = handling(a.life as Life);
    (b.life as Life).node.letters.send(a.nodeName, 'first').catch(() => undefined);
    await made.world.run(afterMs);
    made.mesh.crash(b);
    await made.world.run(20_000);
    const nodes = await made.world.resolve((a.life as Life).node.swarm.nodes());
    const identity = nodes.find(({ name }) => name === b.nodeName)?.identity ?? '';
    // Either nothing was done in the name, or it is the one of the identity that did it.
    if (ofA.letters.length > 0) expect(identity).toMatch(/^[0-9a-f]{32}$/);
    outcomes.add(ofA.letters.length > 0);
    const other = made.mesh.add({ name: 'elsewhere', nodeName: b.nodeName, formation: made.addresses });
    const theirs = handling(await started(made, other));
    await made.world.run(5000);
    expect(theirs.warnings.length > 0).toBe(identity !== '');
    made.end();
  }
  expect(outcomes).toEqual(new Set([false, true]));
});
