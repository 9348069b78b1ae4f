/**
 * The figures of a settled mesh: idle traffic, and how fast a join, a crash and a black hole are known.
 *
 * Who calls it: the simulation, at the end of a run. Invariant: each is measured from the instant of its
 * cause to the instant the last running program was told, in virtual time.
 */
import { blackHole } from '../world/faults/faults.ts';
import type { Life, Member } from '../world/member.ts';
import type { Mesh } from '../world/mesh.ts';

const idleWarmUpMs = 1000;
/** Longer than any of the limits these figures have. */
const knownLimitMs = 30_000;
const settleLimitMs = 60_000;

export interface Figures {
  readonly joinKnownToAllMs: number | undefined;
  readonly crashKnownToAllMs: number | undefined;
  readonly blackHoleKnownToAllMs: number | undefined;
}

/** What each may take at most, with what loss on a path adds to it: a repeat comes after 200 ms, then 400. */
const knownWithinMs = { join: 3000, crash: 3000, blackHole: 8000 } as const;

export interface IdleTraffic {
  readonly idleBytesPerSecond: number;
  readonly idleFramesPerSecond: number;
  /** Of both directions. */
  readonly idleBytesPerLinkSecond: number;
  readonly links: number;
}

/** @param idleWindowMs A multiple of the heartbeat interval, or it would count one beat too many or too few. */
export async function measureIdleTraffic(mesh: Mesh, idleWindowMs: number): Promise<IdleTraffic> {
  await mesh.world.run(idleWarmUpMs);
  const before = await readTotals(mesh);
  await mesh.world.run(idleWindowMs);
  const after = await readTotals(mesh);
  const nodeSeconds = Math.max(1, mesh.living.length) * (idleWindowMs / 1000);
  return {
    idleBytesPerSecond: (after.bytes - before.bytes) / nodeSeconds,
    idleFramesPerSecond: Math.max(0, after.frames - before.frames) / nodeSeconds,
    idleBytesPerLinkSecond: (after.bytes - before.bytes) / Math.max(1, after.links) / (idleWindowMs / 1000),
    links: after.links,
  };
}

/** @param settle Waits until the mesh is whole again; false when it does not become so. */
export async function measureFigures(
  mesh: Mesh,
  settle: (limitMs: number) => Promise<boolean>,
): Promise<Figures> {
  const random = mesh.world.random.fork('figures');
  const joiner = mesh.add({ name: 'joiner' });
  const joinKnownToAllMs = await measureJoin(mesh, joiner);
  await settle(settleLimitMs);
  const [crashing, swallowed] = random.sample(
    mesh.members.filter((member) => member !== joiner && member.life !== undefined),
    2,
  );
  const crashKnownToAllMs = crashing && (await measureCrash(mesh, crashing));
  await settle(settleLimitMs);
  const blackHoleKnownToAllMs = swallowed && (await measureBlackHole(mesh, swallowed));
  await settle(settleLimitMs);
  judge(mesh, 'a join', joinKnownToAllMs, knownWithinMs.join);
  judge(mesh, 'a crash', crashKnownToAllMs, knownWithinMs.crash);
  judge(mesh, 'a black hole', blackHoleKnownToAllMs, knownWithinMs.blackHole);
  return { joinKnownToAllMs, crashKnownToAllMs, blackHoleKnownToAllMs };
}

function judge(mesh: Mesh, what: string, tookMs: number | undefined, limitMs: number): void {
  if (tookMs !== undefined && tookMs > limitMs)
    mesh.world.fail(`${what} was known to all only after ${tookMs.toFixed(0)} ms (${limitMs} at most)`);
}

function measureJoin(mesh: Mesh, joiner: Member): Promise<number | undefined> {
  mesh.start(joiner);
  return timeUntil(mesh, othersThan(mesh, joiner), (life) => life.knows.has(joiner.nodeName));
}

function measureCrash(mesh: Mesh, victim: Member): Promise<number | undefined> {
  mesh.crash(victim, 'end');
  return timeUntil(mesh, othersThan(mesh, victim), (life) => !life.knows.has(victim.nodeName));
}

async function measureBlackHole(mesh: Mesh, victim: Member): Promise<number | undefined> {
  const rule = blackHole([victim]);
  mesh.network.addRule(rule);
  const known = await timeUntil(mesh, othersThan(mesh, victim), (life) => !life.knows.has(victim.nodeName));
  mesh.network.removeRule(rule);
  return known;
}

async function timeUntil(
  mesh: Mesh,
  lives: readonly Life[],
  isTold: (life: Life) => boolean,
): Promise<number | undefined> {
  const begun = mesh.world.now;
  let version = -1;
  const allTold = () => {
    if (version === mesh.knowledgeVersion) return false;
    version = mesh.knowledgeVersion;
    return lives.every(isTold);
  };
  if (await mesh.world.runUntil(allTold, knownLimitMs)) return mesh.world.now - begun;
  mesh.world.fail(
    `after ${knownLimitMs / 1000} s some nodes had not heard of it: ${lives
      .filter((life) => !isTold(life))
      .map((life) => life.node.name)
      .join(' ')}`,
  );
  return undefined;
}

function othersThan(mesh: Mesh, member: Member): Life[] {
  return mesh.living.filter((life) => life.member !== member);
}

async function readTotals(mesh: Mesh): Promise<{ bytes: number; frames: number; links: number }> {
  const { streamBytes, datagramBytes } = mesh.network.traffic;
  const statuses = await mesh.ask((life) => life.node.status());
  const ends = [...statuses.values()].flatMap(({ links }) => links);
  const frames = ends.reduce((sum, { framesOut }) => sum + framesOut, 0);
  return { bytes: streamBytes + datagramBytes, frames, links: ends.length / 2 };
}
