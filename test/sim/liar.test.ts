/** A liar: what it makes others believe, whom it cannot harm, and that the truth comes back once it stops. */
import { describe, expect, test } from 'vitest';
import { topologyLimits } from '../../src/features/topology/core/limits.ts';
import { type LieKind, type Life, liar, lieKinds, type Member } from '../../src/sim/index.ts';
import { TestStage } from './stage.ts';

const liarsName = 'n1';
const ownLies = ['versions', 'edges', 'goodbyes', 'variants', 'epochs'] as const;

interface CutOff {
  readonly name: string;
  readonly reason: string;
}

/** Runs a liar of these kinds; what others were told meanwhile. */
async function withLiar(kinds: readonly LieKind[], forMs = 8000) {
  const stage = await new TestStage().start(8);
  const told: string[] = [];
  stage.mesh.observers.push({
    knew: (life, name) => life.member.name !== liarsName && told.push(`${name} up`),
    lost: (life, name, reason) => life.member.name !== liarsName && told.push(`${name} ${reason}`),
  });
  const neighbors = await linkedTo(stage, liarsName);
  await stage.suffer(liar(stage.mesh.member(liarsName) as Member, kinds, stage.random), forMs);
  return { stage, told, neighbors };
}

async function statusOf(stage: TestStage, name: string) {
  const life = stage.mesh.member(name)?.life as Life;
  return stage.world.resolve(life.node.status());
}

async function linkedTo(stage: TestStage, name: string): Promise<string[]> {
  return (await statusOf(stage, name)).links.map(({ node }) => node);
}

async function cutOffsOf(stage: TestStage, name: string): Promise<readonly CutOff[]> {
  return ((await statusOf(stage, name)).features.topology as { cutOff: readonly CutOff[] }).cutOff;
}

test.each(lieKinds)('after %s the truth comes back, and no node has ended', async (kind) => {
  const { stage } = await withLiar([kind]);
  expect(await stage.settling.settle()).toBe(true);
  expect(stage.mesh.members.every(({ lives, life }) => lives === 1 && life !== undefined)).toBe(true);
  expect(await stage.verdict()).toEqual([]);
});

test.each(['forge', 'replay', 'flood', 'omissions', 'damage', ...ownLies] as const)(
  '%s takes nobody but the liar from the map',
  async (kind) => {
    const { stage, told } = await withLiar([kind]);
    expect(told.filter((line) => !line.startsWith(`${liarsName} `) && !line.startsWith('ghost-'))).toEqual(
      [],
    );
    expect(await stage.verdict()).toEqual([]);
  },
);

describe.each([
  ['forge', /^it passed on a forged record of n\d$/],
  ['flood', /^it floods the mesh with records$/],
] as const)('who lies by %s', (kind, reason) => {
  test('is cut off by all its neighbors, and named', async () => {
    const { stage, neighbors, told } = await withLiar([kind]);
    expect(neighbors.length).toBeGreaterThan(0);
    for (const neighbor of neighbors) {
      const named = (await cutOffsOf(stage, neighbor)).filter(({ name }) => name === liarsName);
      expect(named).toMatchObject([{ reason: expect.stringMatching(reason) }]);
    }
    expect(await linkedTo(stage, liarsName)).toEqual([]);
    expect(told).toContain(`${liarsName} lost`);
    // Of a flood the neighbors have had enough before the checker has.
    if (kind === 'forge') expect(stage.checks['who forges or floods is cut off']).toBeGreaterThan(0);
    expect(stage.checks['who is cut off is named']).toBeGreaterThan(0);
    expect(await stage.verdict()).toEqual([]);
  });

  test('is let in again when its time is over', async () => {
    const { stage } = await withLiar([kind]);
    const endedAt = stage.world.now;
    await stage.pass(topologyLimits.cutOffMs / 2);
    expect(await linkedTo(stage, liarsName)).toEqual([]);
    expect(await stage.settling.settle()).toBe(true);
    expect(await linkedTo(stage, liarsName)).not.toEqual([]);
    expect(stage.world.now - endedAt).toBeGreaterThan(topologyLimits.cutOffMs / 2);
    expect(await stage.verdict()).toEqual([]);
  });
});

test('who forges is cut off also where a later version of the same name was invented before', async () => {
  const stage = await new TestStage().start(8);
  const inventor = liar(stage.mesh.member('n2') as Member, ['claims'], stage.random.fork('inventor'));
  inventor.start(stage.mesh);
  await stage.pass(2000);
  const recipients: unknown[] = [];
  stage.mesh.observers.push({ forged: (_liar, to) => recipients.push(to) });
  await stage.suffer(liar(stage.mesh.member(liarsName) as Member, ['forge'], stage.random), 6000);
  inventor.end(stage.mesh);
  expect(recipients.length).toBeGreaterThan(0);
  // Each ends the link for the first that it gets.
  expect(new Set(recipients).size).toBe(recipients.length);
  expect(await stage.verdict()).toEqual([]);
});

test('replays cost nobody a link, those of former lives included', async () => {
  const stage = await new TestStage().start(8);
  for (const name of ['n2', 'n3']) {
    const member = stage.mesh.member(name) as Member;
    stage.mesh.crash(member);
    await stage.pass(3000);
    stage.mesh.start(member);
  }
  await stage.pass(10_000);
  const neighbors = await linkedTo(stage, liarsName);
  await stage.suffer(liar(stage.mesh.member(liarsName) as Member, ['replay'], stage.random), 10_000);
  expect(await linkedTo(stage, liarsName)).toEqual(neighbors);
  for (const neighbor of neighbors) expect(await cutOffsOf(stage, neighbor)).toEqual([]);
  expect(await stage.verdict()).toEqual([]);
});

test('ghosts are believed in as long as the liar links to them, and not after', async () => {
  const { stage, told } = await withLiar(['ghosts']);
  expect(told.some((line) => line.startsWith('ghost-') && line.endsWith('up'))).toBe(true);
  expect(await stage.settling.settle()).toBe(true);
  const known = await stage.world.resolve(stage.mesh.member('n5')?.life?.node.nodes() as Promise<unknown[]>);
  expect(known).toHaveLength(8);
  expect(await stage.verdict()).toEqual([]);
});

test('a liar that says it has left is believed, and told up again', async () => {
  const { stage, told } = await withLiar(['goodbyes']);
  expect(told).toContain(`${liarsName} left`);
  expect(told.lastIndexOf(`${liarsName} up`)).toBeGreaterThan(told.indexOf(`${liarsName} left`));
  expect(await stage.verdict()).toEqual([]);
});

test('several liars of several kinds at once', async () => {
  const stage = await new TestStage(5).start(8);
  const first = liar(stage.mesh.member('n1') as Member, ['ghosts', 'edges'], stage.random.fork('a'));
  const second = liar(stage.mesh.member('n2') as Member, ['forge', 'flood'], stage.random.fork('b'));
  first.start(stage.mesh);
  await stage.suffer(second, 6000);
  first.end(stage.mesh);
  expect(await stage.verdict()).toEqual([]);
});
