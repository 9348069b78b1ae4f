/** The checkers of what nodes believe of each other, and of whom they cut off, can fail. */
import { expect, test } from 'vitest';
import type { NodeInfo } from '../../src/api/node.ts';
import { type Life, liar, type Member } from '../../src/sim/index.ts';
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

test.each([
  ['forged', 1],
  ['flooded', 3000],
] as const)('a neighbor that keeps its link to who %s records is told', async (how, records) => {
  const stage = await new TestStage().start(4);
  const one = lifeOf(stage, 'n1');
  const [link] = (await stage.world.resolve(one.node.status())).links;
  const victim = lifeOf(stage, link?.node as string);
  const tell = (count: number) =>
    stage.mesh.tell((observer) => observer.misbehaved?.(one, victim.member.host, how, count));
  if (how === 'flooded') tell(500);
  await stage.world.run(4000);
  expect(stage.world.failures).toEqual([]);
  tell(records);
  await stage.world.run(4000);
  expect(stage.world.failures.join()).toContain(
    `${victim.member.name} still has its link to n1, which has ${how} records to it`,
  );
  stage.mesh.killAll();
});

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
