/** Faults of nodes, one at a time: what each does, and that a mesh stands it. */
import { expect, test } from 'vitest';
import {
  crash,
  dials,
  jump,
  leave,
  type Member,
  type Mesh,
  partition,
  pause,
  restart,
  restartNow,
  slow,
  twin,
  usurper,
} from '../../src/sim/index.ts';
import { TestStage } from './stage.ts';

function named(mesh: Mesh, ...names: string[]): Member[] {
  return names.map((name) => mesh.member(name) as Member);
}

/** What programs are told about one node. */
function heardOf(mesh: Mesh, name: string): string[] {
  const heard: string[] = [];
  mesh.observers.push({
    knew: (life, other) => other === name && heard.push(`${life.node.name} up`),
    lost: (life, other, reason) => other === name && heard.push(`${life.node.name} ${reason}`),
  });
  return heard;
}

test('nobody is thought dead for a pause of 2.5 s', async () => {
  const stage = await new TestStage().start(6);
  stage.workload.start();
  const heard = heardOf(stage.mesh, 'n3');
  await stage.suffer(pause(named(stage.mesh, 'n3', 'n4')), 2500);
  stage.workload.stop();
  await stage.pass(3000);
  expect(heard).toEqual([]);
  expect(await stage.verdict()).toEqual([]);
});

test('a slow program handles one event after the other, and what comes meanwhile waits', async () => {
  const stage = await new TestStage().start(5);
  const [member] = named(stage.mesh, 'n2');
  let waitedMost = 0;
  stage.workload.start();
  const fault = slow([member as Member], 40);
  fault.start(stage.mesh);
  for (let i = 0; i < 40; i++) {
    await stage.pass(100);
    waitedMost = Math.max(waitedMost, member?.life?.platform.loop.waitingCount ?? 0);
  }
  fault.end(stage.mesh);
  stage.workload.stop();
  expect(waitedMost).toBeGreaterThan(2);
  expect(await stage.verdict()).toEqual([]);
  expect(stage.checks['no message twice']).toBeGreaterThan(50);
});

test('a suspend: the monotonic clock leaps by minutes, the wall clock by an hour, and no link falls', async () => {
  const stage = await new TestStage().start(6);
  const downs: string[] = [];
  stage.mesh.observers.push({
    linkDown: (life, name, reason) => downs.push(`${life.node.name} ${name} ${reason}`),
  });
  const before = stage.mesh.member('n1')?.life?.platform.now() as number;
  await stage.suffer(jump(named(stage.mesh, 'n1', 'n2'), -3_600_000, 90_000), 5000);
  expect(stage.mesh.member('n1')?.life?.platform.now()).toBeGreaterThan(before + 94_000);
  expect(downs).toEqual([]);
  expect(await stage.verdict()).toEqual([]);
});

test('after a suspend a neighbor may stall as long as ever, wherever in a second the suspend came', async () => {
  const stage = await new TestStage(5).start(2);
  const downs: string[] = [];
  stage.mesh.observers.push({
    linkDown: (life, name, reason) => downs.push(`${life.node.name} ${name} ${reason}`),
  });
  for (let i = 0; i < 10; i++) {
    await stage.pass(10_000 + i * 100);
    jump(named(stage.mesh, 'n1'), 0, 40_000).start(stage.mesh);
    await stage.suffer(pause(named(stage.mesh, 'n2')), 2900);
  }
  expect(downs).toEqual([]);
  expect(await stage.verdict()).toEqual([]);
});

test.each(['with memory', 'without memory'] as const)(
  'a node that is restarted at once %s is known again within seconds',
  async (memory) => {
    const stage = await new TestStage().start(6);
    const [member] = named(stage.mesh, 'n4');
    const before = member?.life?.node.instance;
    for (const sockets of ['end', 'reset', 'silence'] as const) {
      restartNow(stage.mesh, member as Member, memory, sockets);
      expect(await stage.settling.allKnowAll(8000, 6), sockets).toBe(true);
    }
    expect(member?.lives).toBe(4);
    expect(member?.life?.node.instance).not.toBe(before);
    expect(await stage.verdict()).toEqual([]);
  },
);

test('with memory a restarted node finds the mesh where no broadcast reaches it', async () => {
  const stage = await new TestStage().start(4);
  stage.mesh.network.conditions.datagramLoss = 1;
  restartNow(stage.mesh, stage.mesh.member('n2') as Member, 'with memory', 'end');
  expect(await stage.settling.allKnowAll(5000, 4)).toBe(true);
  expect(await stage.verdict()).toEqual([]);
});

test('restarts again and again leave one mesh', async () => {
  const stage = await new TestStage().start(8);
  stage.workload.start();
  await stage.suffer(restart('with memory', stage.random), 12_000);
  stage.workload.stop();
  expect(stage.mesh.members.some(({ lives }) => lives > 2)).toBe(true);
  expect(await stage.verdict()).toEqual([]);
});

test('all hear that who leaves has left, and that it is back', async () => {
  const stage = await new TestStage().start(6);
  const heard = heardOf(stage.mesh, 'n5');
  await stage.suffer(leave(named(stage.mesh, 'n5')), 4000);
  await stage.pass(5000);
  expect(heard.filter((line) => line.endsWith('left'))).toHaveLength(5);
  expect(heard.filter((line) => line.endsWith('up'))).toHaveLength(5);
  expect(heard).toHaveLength(10);
  expect(await stage.verdict()).toEqual([]);
});

test('a twin ends with SKEIN_NAME_TAKEN, and nobody notices it', async () => {
  const stage = await new TestStage().start(6);
  const heard = heardOf(stage.mesh, 'n2');
  const ended: string[] = [];
  stage.mesh.observers.push({
    ended: (life, { code }) => {
      ended.push(`${life.member.name} ${code}`);
      return false;
    },
  });
  await stage.suffer(twin(stage.mesh.member('n2') as Member), 10_000);
  expect(ended).toEqual(['n2-twin6 SKEIN_NAME_TAKEN']);
  expect(heard).toEqual([]);
  expect(stage.mesh.member('n2')?.lives).toBe(1);
  expect(stage.mesh.member('n2')?.life).toBeDefined();
  expect(await stage.verdict()).toEqual([]);
  expect(stage.checks['of two of one name the right one ends']).toBe(1);
});

test('of two of one name that were apart exactly one, the older, survives the merge', async () => {
  const stage = await new TestStage().start(8);
  const { mesh } = stage;
  await stage.suffer(twin(mesh.member('n2') as Member, named(mesh, 'n5', 'n6', 'n7')), 15_000);
  expect(mesh.livesNamed('n2')).toHaveLength(2);
  expect(await stage.settling.settle()).toBe(true);
  expect(mesh.livesNamed('n2').map(({ member }) => member.name)).toEqual(['n2']);
  expect(await stage.verdict()).toEqual([]);
});

test('of two of one name that were apart the one of the larger island, the younger, survives the merge', async () => {
  const stage = await new TestStage().start(8);
  const { mesh } = stage;
  await stage.suffer(twin(mesh.member('n2') as Member, named(mesh, 'n4', 'n5', 'n6', 'n7', 'n8')), 15_000);
  expect(mesh.livesNamed('n2')).toHaveLength(2);
  expect(await stage.settling.settle()).toBe(true);
  expect(mesh.livesNamed('n2').map(({ member }) => member.name)).toEqual(['n2-twin8']);
  expect(await stage.verdict()).toEqual([]);
});

test.each([100, 500, 900, 2000])(
  'a twin of a node that came back %i ms before ends, and the node stays',
  async (gapMs) => {
    const stage = await new TestStage().start(6);
    const { mesh } = stage;
    await stage.suffer(usurper(mesh.member('n2') as Member, 300, gapMs), 8000);
    expect(mesh.member('n2')?.lives).toBe(2);
    expect(mesh.member('n2-twin6')?.lives).toBe(1);
    expect(mesh.livesNamed('n2').map(({ member }) => member.name)).toEqual(['n2']);
    expect(await stage.verdict()).toEqual([]);
  },
);

test('a twin takes the name of one that has died', async () => {
  const stage = await new TestStage().start(5);
  const { mesh } = stage;
  mesh.crash(mesh.member('n3') as Member);
  mesh.start(mesh.add({ name: 'heir', nodeName: 'n3' }));
  expect(await stage.settling.settle()).toBe(true);
  expect(mesh.livesNamed('n3').map(({ member }) => member.name)).toEqual(['heir']);
  expect(await stage.verdict()).toEqual([]);
});

test('both ends dial each other at the same instant, again and again: no link falls', async () => {
  const stage = await new TestStage().start(6);
  const { mesh } = stage;
  const [a, b, c, d] = named(mesh, 'n1', 'n2', 'n3', 'n4') as [Member, Member, Member, Member];
  const downs: string[] = [];
  mesh.observers.push({
    linkDown: (life, name, reason) => downs.push(`${life.node.name} ${name} ${reason}`),
  });
  const dialed = mesh.network.traffic.streamSegments;
  await stage.suffer(
    dials(
      [
        [a, b],
        [c, d],
      ],
      stage.random,
    ),
    10_000,
  );
  expect(mesh.network.traffic.streamSegments).toBeGreaterThan(dialed + 100);
  expect(downs).toEqual([]);
  expect(await stage.verdict()).toEqual([]);
});

test('a crash inside a partition is known on both sides once it heals', async () => {
  const stage = await new TestStage().start(8);
  const { mesh } = stage;
  const apart = partition(named(mesh, 'n1', 'n2', 'n3', 'n4'));
  apart.start(mesh);
  await stage.suffer(crash(named(mesh, 'n1'), 'end'), 8000);
  apart.end(mesh);
  expect(await stage.verdict()).toEqual([]);
});
