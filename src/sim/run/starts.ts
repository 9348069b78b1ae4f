/**
 * How a mesh comes to be: at once, as islands that meet, or as a crowd that joins a few.
 *
 * Who calls it: the simulation. Invariant: when it is done all programs run and nothing keeps them apart
 * any more; how long they then need to know each other is the simulation's to judge.
 */
import type { Host } from '../world/machine/host.ts';
import type { Member, MemberOptions } from '../world/member.ts';
import type { Mesh } from '../world/mesh.ts';
import type { Rule } from '../world/network/network.ts';

/**
 * `cold`: all within a second. `islands`: two halves, apart from birth, meet. `triangles`: groups of three,
 * each satisfied with itself, that hear nothing of each other until they are. `flood`: a few, then all the
 * others at once. `sites`: networks whose broadcasts do not reach each other, joined by one dial by hand
 * each; what parts them later can only be healed by what the nodes remember.
 */
export type StartName = 'cold' | 'islands' | 'triangles' | 'flood' | 'sites';

/** All ways in which a mesh can start. */
export const startNames: readonly StartName[] = ['cold', 'islands', 'triangles', 'flood', 'sites'];

/** All nodes of a cold start come within this time. */
const startWithinMs = 1000;
/** A flood is as good as one instant. */
const floodWithinMs = 10;
const floodedNodes = 5;
const triangleNodes = 3;
const siteCount = 3;
/** Whom a program is told of that starts again. */
const seedsPerSite = 2;
const handDialsMax = 10;
/** Of one's own island, before it meets the others. */
const islandLimitMs = 60_000;
/** Satisfied nodes have stopped looking for links after this. */
const contentAfterMs = 5000;

/** Starts so many nodes. False: an island did not come to know itself. */
export async function startNodes(mesh: Mesh, name: StartName, nodes: number): Promise<boolean> {
  switch (name) {
    case 'cold':
      return startAll(mesh, addAll(mesh, nodes), startWithinMs);
    case 'islands':
      return startApart(mesh, splitInto(addAll(mesh, nodes), Math.floor(nodes / 2)));
    case 'triangles':
      return startApart(mesh, splitInto(addAll(mesh, nodes), triangleNodes));
    case 'flood':
      return startFlood(mesh, addAll(mesh, nodes));
    case 'sites':
      return startSites(mesh, nodes);
  }
}

function addAll(mesh: Mesh, nodes: number, options?: (index: number) => Partial<MemberOptions>): Member[] {
  const digits = String(nodes).length;
  return Array.from({ length: nodes }, (_, i) =>
    mesh.add({ name: `n${String(i + 1).padStart(digits, '0')}`, ...options?.(i) }),
  );
}

/** How a start is described to the nodes: satisfied triangles need no third link. */
export function degreeOf(name: StartName, degree: number): number {
  return name === 'triangles' ? triangleNodes - 1 : degree;
}

async function startAll(mesh: Mesh, members: readonly Member[], withinMs: number): Promise<boolean> {
  const random = mesh.world.random.fork('starts');
  for (const member of members)
    mesh.world.at(mesh.world.now + random.between(0, withinMs), () => void mesh.start(member));
  return mesh.world.runUntil(() => members.every(({ lives }) => lives > 0), withinMs);
}

async function startApart(mesh: Mesh, islands: readonly (readonly Member[])[]): Promise<boolean> {
  const rule = apart(islands);
  mesh.network.addRule(rule);
  await startAll(mesh, islands.flat(), startWithinMs);
  const areWhole = await mesh.world.runUntil(() => islands.every(knowsItself), islandLimitMs);
  if (areWhole) await mesh.world.run(contentAfterMs);
  mesh.network.removeRule(rule);
  return areWhole;
}

async function startFlood(mesh: Mesh, members: readonly Member[]): Promise<boolean> {
  const first = members.slice(0, floodedNodes);
  await startAll(mesh, first, startWithinMs);
  const isWhole = await mesh.world.runUntil(() => knowsItself(first), islandLimitMs);
  await startAll(mesh, members.slice(floodedNodes), floodWithinMs);
  return isWhole;
}

async function startSites(mesh: Mesh, nodes: number): Promise<boolean> {
  const siteNodes = Math.max(1, Math.floor(nodes / siteCount));
  const siteOf = (index: number) => Math.min(siteCount - 1, Math.floor(index / siteNodes));
  // Whoever starts again is told where the others are: a site that has left as a whole is sought by nobody.
  const restartSeeds = () => sites.flatMap((site) => site.slice(0, seedsPerSite)).map(addressOf);
  const members = addAll(mesh, nodes, (i) => ({ broadcastDomain: siteOf(i), restartSeeds }));
  const sites = splitInto(members, siteNodes);
  await startAll(mesh, members, startWithinMs);
  const areWhole = await mesh.world.runUntil(() => sites.every(knowsItself), islandLimitMs);
  const [first, ...others] = sites.map(([one]) => one as Member);
  for (const one of others) await dialByHand(mesh, one, first as Member);
  return areWhole;
}

/** Once more where packets are lost, as anybody would. */
async function dialByHand(mesh: Mesh, from: Member, to: Member): Promise<void> {
  for (let tries = 0; tries < handDialsMax; tries++) {
    const dialed = from.life?.node.dial(addressOf(to)).then(
      () => true,
      () => false,
    );
    if (await mesh.world.resolve(dialed ?? Promise.resolve(false))) return;
  }
}

function addressOf({ host }: Member): string {
  return host.address;
}

function knowsItself(island: readonly Member[]): boolean {
  return island.every(({ life }) => life !== undefined && life.knows.size >= island.length - 1);
}

function apart(islands: readonly (readonly Member[])[]): Rule {
  const islandOf = new Map<Host, number>();
  for (const [number, island] of islands.entries()) for (const { host } of island) islandOf.set(host, number);
  return { name: `${islands.length} islands`, blocks: (from, to) => islandOf.get(from) !== islandOf.get(to) };
}

/** Groups of this size; what is left over joins the last. */
function splitInto(members: readonly Member[], size: number): Member[][] {
  const count = Math.max(1, Math.floor(members.length / size));
  const groups = Array.from({ length: count }, (_, i) => members.slice(i * size, (i + 1) * size));
  groups.at(-1)?.push(...members.slice(count * size));
  return groups;
}
