/** A liar: what it makes others believe, and that the truth comes back once it stops. */
import { expect, test } from 'vitest';
import { type LieKind, liar, type Member } from '../../src/sim/index.ts';
import { TestStage } from './stage.ts';

/** Runs a liar of these kinds; what others believed meanwhile. */
async function withLiar(kinds: readonly LieKind[], seed = 1) {
  const stage = await new TestStage(seed).start(8);
  const told: string[] = [];
  stage.mesh.observers.push({
    knew: (_life, name) => told.push(`${name} up`),
    lost: (_life, name, reason) => told.push(`${name} ${reason}`),
  });
  await stage.suffer(liar(stage.mesh.member('n1') as Member, kinds, stage.random), 8000);
  return { stage, told };
}

test.each([
  'versions',
  'edges',
  'damage',
  'flood',
  'goodbyes',
  'variants',
  'epochs',
  'claims',
  'forge',
  'replay',
  'omissions',
] as const)('after %s the truth comes back, and no node has ended', async (kind) => {
  const { stage } = await withLiar([kind]);
  expect(await stage.settling.settle()).toBe(true);
  expect(stage.mesh.members.every(({ lives, life }) => lives === 1 && life !== undefined)).toBe(true);
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

test('those who are said to have left are told up again', async () => {
  const { stage, told } = await withLiar(['goodbyes']);
  expect(told.some((line) => line.endsWith('left'))).toBe(true);
  expect(await stage.verdict()).toEqual([]);
});

test('several liars of several kinds at once', async () => {
  const stage = await new TestStage(5).start(8);
  const first = liar(stage.mesh.member('n1') as Member, ['ghosts', 'edges'], stage.random.fork('a'));
  const second = liar(stage.mesh.member('n2') as Member, ['versions', 'flood'], stage.random.fork('b'));
  first.start(stage.mesh);
  await stage.suffer(second, 6000);
  first.end(stage.mesh);
  expect(await stage.verdict()).toEqual([]);
});
