/** The checkers of what nodes believe of each other, and of whom they cut off, can fail. */
import { expect, test } from 'vitest';
import { encodeRecords, TopologyType } from '../../src/features/topology/core/messages.ts';
import type { RecordSigner } from '../../src/kernel/contracts.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import type { NodeInfo } from '../../src/node/node.ts';
import { type Life, liar, type Member } from '../../src/sim/index.ts';
import { versionsOf } from '../../src/sim/world/faults/lies.ts';
import type { StreamEnd } from '../../src/sim/world/network/stream.ts';
import { TestStage } from './stage.ts';

function lifeOf(stage: TestStage, name: string): Life {
  return stage.mesh.member(name)?.life as Life;
}

/** From now on this node's program shows others as they are not. */
function showing(stage: TestStage, name: string, change: (node: NodeInfo) => NodeInfo): void {
  const { node } = lifeOf(stage, name);
  const { nodes } = node;
  Object.assign(node, {
    nodes: async (options?: { all?: boolean }) => (await nodes.call(node, options)).map(change),
  });
}

async function replaying(stage: TestStage): Promise<void> {
  await stage.suffer(liar(stage.mesh.member('n1') as Member, ['replay'], stage.random), 1000);
}

test.each<[string, Partial<NodeInfo>, string]>([
  ['a service', { services: ['bank'] }, 'n3 knows what n4 never said of itself: links'],
  ['other links', { links: ['n2'] }, 'n3 knows what n4 never said of itself: links'],
  ['a goodbye', { left: true }, 'n3 knows what n4 never said of itself: left'],
  [
    'another life',
    { instance: '0011223344556677' },
    'n3 knows a life of n4 that never was: 0011223344556677',
  ],
])('%s that a node never announced is told, while somebody lies', async (_what, untrue, failure) => {
  const stage = await new TestStage().start(5);
  await replaying(stage);
  expect(stage.world.failures).toEqual([]);
  showing(stage, 'n3', (node) => (node.name === 'n4' ? { ...node, ...untrue } : node));
  await replaying(stage);
  expect(stage.world.failures.join()).toContain(failure);
  stage.mesh.killAll();
});

test('it is told at the end of a run as well, where nobody has lied', async () => {
  const stage = await new TestStage().start(4);
  showing(stage, 'n2', (node) => (node.name === 'n3' ? { ...node, services: ['bank'] } : node));
  expect((await stage.safety.checkMemory()).join()).toContain('n2 knows what n3 never said of itself');
  stage.mesh.killAll();
});

test('the name of one life on the instance of another is told', async () => {
  const stage = await new TestStage().start(4);
  const { instance } = lifeOf(stage, 'n4').node;
  showing(stage, 'n2', (node) => (node.name === 'n3' ? { ...node, instance } : node));
  expect((await stage.safety.checkMemory()).join()).toContain('n2 takes a life of n4 for n3');
  stage.mesh.killAll();
});

/** A liar that is not cut off by whom it is linked to, as the checkers see it. */
async function tolerated(): Promise<{ stage: TestStage; one: Life; victim: Life; complaint: string }> {
  const stage = await new TestStage().start(4);
  const one = lifeOf(stage, 'n1');
  const [link] = (await stage.world.resolve(one.node.status())).links;
  const victim = lifeOf(stage, link?.node as string);
  return { stage, one, victim, complaint: `${victim.member.name} still has its link to n1, which has` };
}

test('a neighbor that keeps its link to who forges records is told', async () => {
  const { stage, one, victim, complaint } = await tolerated();
  stage.mesh.tell((observer) => observer.forged?.(one, victim.member.host));
  await stage.world.run(4000);
  expect(stage.world.failures.join()).toContain(`${complaint} forged records to it`);
  stage.mesh.killAll();
});

test.each([
  ['a flood of its own versions', 2500, 'flooded records to it'],
  ['as many as a limit may let pass', 1500, undefined],
])('a neighbor that keeps its link after %s', async (_what, versions, failure) => {
  const { stage, one, victim, complaint } = await tolerated();
  floodArrives(stage, { one, victim, from: one, first: 1000, versions });
  await stage.world.run(4000);
  const expected = failure === undefined ? [] : [expect.stringContaining(`${complaint} ${failure}`)];
  expect(stage.world.failures).toEqual(expected);
  stage.mesh.killAll();
});

test('versions that a relay has brought already are no flood', async () => {
  const { stage, one, victim } = await tolerated();
  const [relay] = stage.mesh.living.filter((life) => life !== one && life !== victim) as [Life];
  floodArrives(stage, { one, victim, from: relay, first: 5000, versions: 1 });
  floodArrives(stage, { one, victim, from: one, first: 1000, versions: 2500 });
  await stage.world.run(4000);
  expect(stage.world.failures).toEqual([]);
  stage.mesh.killAll();
});

interface ArrivingFlood {
  readonly one: Life;
  readonly victim: Life;
  readonly from: Life;
  readonly first: number;
  readonly versions: number;
}

/** Versions of one node's record, in pieces that end anywhere. */
function floodArrives(stage: TestStage, { one, victim, from, first, versions }: ArrivingFlood): void {
  const bytes = stage.mesh.archive.newestOf(one.node.instance) as Uint8Array;
  const signer = one.platform.signer as RecordSigner;
  const records = versionsOf(bytes, first, versions, signer).map((one) => ({
    bytes: one,
    unreachableForMs: 0,
  }));
  const kind = { kind: RouteKind.link, type: TopologyType.records, feature: featureNumber('topology') };
  const header = { ...kind, destination: 0, source: 0, sequence: 0, flags: 0, ttl: 1 };
  const frame = encodeFrame(header, encodeRecords(records));
  const end = { other: { host: from.member.host } } as StreamEnd;
  stage.mesh.tell((observer) => observer.floods?.(one, one.node.id));
  for (let at = 0; at < frame.length; at += 65_536)
    stage.mesh.tell((observer) => observer.read?.(victim, end, frame.subarray(at, at + 65_536)));
}

test('a node that cuts another off and does not name it is told', async () => {
  const stage = await new TestStage().start(4);
  for (const name of ['n2', 'n3', 'n4']) {
    const life = lifeOf(stage, name);
    const { status } = life.node;
    Object.assign(life.node, {
      status: async () => {
        const told = await status.call(life.node);
        const topology = { ...(told.features.topology as object), cutOff: [] };
        return { ...told, features: { ...told.features, topology } };
      },
    });
  }
  await stage.suffer(liar(stage.mesh.member('n1') as Member, ['forge'], stage.random), 2000);
  expect(stage.world.failures.join()).toMatch(/n[234] cut n1 off and does not name it/);
  stage.mesh.killAll();
});

test('a link to a liar proves nothing: who is reached by it alone may be told lost', async () => {
  const stage = await new TestStage().start(4);
  const [one, two, three] = ['n1', 'n2', 'n3'].map((name) => lifeOf(stage, name)) as [Life, Life, Life];
  const since = stage.world.now - 1000;
  expect(stage.safety.standing.connected(two, three, since)).toBe(true);
  const ends = [one, three, lifeOf(stage, 'n4')].map((life) => stage.mesh.liars.began(life, 'nobody'));
  expect(stage.safety.standing.connected(two, three, since)).toBe(false);
  for (const end of ends) end();
  await stage.world.run(60_000);
  expect(stage.safety.standing.connected(two, three, stage.world.now - 1000)).toBe(true);
  stage.mesh.killAll();
});
