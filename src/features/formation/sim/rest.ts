/**
 * A formation in a mesh at rest: what must hold of its broker, its addresses and its directory, and what asking it
 * comes to.
 *
 * Who calls it: the formation's workload, once the mesh has healed and the workloads before it are concluded.
 * Invariant: it complains through the world, and changes nothing but by asking.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { readGroundTruth } from '../../../sim/world/checkers/ground-truth.ts';
import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { formationFeature } from '../core/formation.ts';
import type { FormationStatus } from '../core/formation-types.ts';
import { formationLimits } from '../core/limits.ts';
import type { Brokers } from './brokers.ts';
import { type FormationWorkload, offersPairs, pairedService } from './formation-workload.ts';
import type { AskedPair, PairLedger } from './pair-ledger.ts';
import { checkTakeover } from './takeover.ts';

export interface RestParts {
  readonly mesh: Mesh;
  readonly checks: CheckCounts;
  readonly brokers: Brokers;
  readonly ledger: PairLedger;
  readonly workload: FormationWorkload;
}

/** A broker looks at the other addresses every 5 s, and who seeks tries again after 5 s at most. */
const agreeLimitMs = 20_000;
/** A request ends after 10 s; what is open longer has been forgotten. */
const outstandingLimitMs = 75_000;
const probeLimitMs = 15_000;
/** A hail by the longest way, and the turn after it. */
const hailedWithinMs = formationLimits.hailIntervalMs + 500;
/** Bytes of one hail with its frame around it, on one link. */
const hailBytes = 200;
/** A dial that nobody answers costs nothing; one of a node that is there is two handshakes and a refusal. */
const dialBytes = 3000;

/** All requests end, all follow one broker that knows them all, and whoever asks it is paired. */
export async function concludeFormation({
  mesh,
  checks,
  brokers,
  ledger,
  workload,
}: RestParts): Promise<void> {
  const { world } = mesh;
  await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
  for (const { number, source, to } of ledger.outstanding)
    world.fail(`pair ${number} of ${source.member.name} to ${to} never ended`);
  count(checks, 'one broker at rest', 1);
  if (!(await world.runUntil(() => brokers.agree(mesh.living), agreeLimitMs))) {
    const followed = mesh.living.map((life) => brokers.followedBy(life)?.view);
    const names = [
      ...new Set(followed.map((view) => (view === undefined ? 'nobody' : `${view.name}/${view.epoch}`))),
    ];
    return world.fail(`in a mesh at rest ${mesh.living.length} nodes follow ${names.join(', ')}`);
  }
  const [broker, other] = brokers.all;
  if (broker === undefined || other !== undefined)
    return world.fail(`in a mesh at rest ${brokers.all.length} say that they are the broker`);
  checkAddresses(mesh, checks, broker, brokers.followedBy(broker)?.view.address, workload.addresses);
  await world.run(hailedWithinMs);
  checkClaims(mesh, checks, broker);
  await checkDirectory(mesh, checks, broker);
  for (const probe of probes(mesh, workload)) await checkProbe(mesh, checks, probe);
  await checkTurns(mesh, checks, broker, workload);
  await checkTakeover({
    mesh,
    checks,
    brokers,
    checkDirectory: (of) => checkDirectory(mesh, checks, of),
    askAll: () => probes(mesh, workload),
  });
}

/** The broker's hails, of all members by their ways, and its looks at the other addresses. */
export async function idleBytesPerSecond({ mesh, brokers, workload }: RestParts): Promise<number> {
  const truth = await readGroundTruth(mesh);
  const [broker] = brokers.all;
  if (broker === undefined) return 0;
  const hops = [...truth.distancesFrom(broker.node.name).values()].reduce(
    (sum, distance) => sum + distance,
    0,
  );
  const looks = (workload.addresses.length * dialBytes * 1000) / formationLimits.brokerLookMs;
  return (hops * hailBytes * 1000) / formationLimits.hailIntervalMs + looks;
}

/** Nobody but the broker holds any of the addresses, and it holds the one that it announces. */
function checkAddresses(
  mesh: Mesh,
  checks: CheckCounts,
  broker: Life,
  announced: string | undefined,
  addresses: readonly string[],
): void {
  count(checks, 'only the broker holds an address', 1);
  for (const address of addresses) {
    const holder = mesh.network.places.holder(address);
    const expected = address === announced ? broker.member.host : undefined;
    if (holder !== expected)
      mesh.world.fail(
        `in a mesh at rest ${address} is held by ${holder?.name ?? 'nobody'}; the broker is ${broker.node.name}, at ${announced}`,
      );
  }
}

/** Nobody but the broker announces a claim: whoever has it would be followed once the broker is gone. */
function checkClaims(mesh: Mesh, checks: CheckCounts, broker: Life): void {
  for (const life of mesh.living) {
    count(checks, 'only the broker announces a claim', 1);
    const announced = mesh.archive.announcedBy(life.node.instance).at(-1);
    const hasClaim = announced?.sections.has(formationFeature) === true;
    if (hasClaim !== (life === broker))
      mesh.world.fail(
        `in a mesh at rest ${life.node.name} announces ${hasClaim ? 'a claim' : 'no claim'}; the broker is ${broker.node.name}`,
      );
  }
}

async function checkDirectory(mesh: Mesh, checks: CheckCounts, broker: Life): Promise<void> {
  const status = await mesh.askOne(broker, ({ node }) => node.status());
  const { members = 0 } = (status?.features.formation ?? {}) as Partial<FormationStatus>;
  count(checks, "the broker's directory is whole", 1);
  if (status !== undefined && members !== mesh.living.length)
    mesh.world.fail(
      `in a mesh at rest the broker ${broker.node.name} has ${members} members of ${mesh.living.length} in its directory`,
    );
}

/** Each node asks for the next one by its name, as in a ring: all at the same time. */
function probes(mesh: Mesh, workload: FormationWorkload): AskedPair[] {
  const lives = mesh.living;
  if (lives.length < 2) return [];
  return lives.map((life, i) => workload.ask(life, (lives[(i + 1) % lives.length] as Life).node.name));
}

async function checkProbe(mesh: Mesh, checks: CheckCounts, probe: AskedPair): Promise<void> {
  await mesh.world.runUntil(() => probe.outcome !== undefined, probeLimitMs);
  count(checks, 'the broker pairs at rest', 1);
  const { outcome, source, to } = probe;
  if (outcome !== 'done' && outcome !== 'source-ended')
    mesh.world.fail(
      `in a mesh at rest a request of ${source.node.name} to pair with ${to} came to ${outcome ?? 'nothing'}`,
    );
}

/** Those that offer a service are named each in its turn; the broker itself only where it alone does. */
async function checkTurns(
  mesh: Mesh,
  checks: CheckCounts,
  broker: Life,
  workload: FormationWorkload,
): Promise<void> {
  const offering = mesh.living.filter((life) => life !== broker && offersPairs(mesh, life.node.name));
  const asker = mesh.living.find((life) => !offersPairs(mesh, life.node.name));
  if (asker === undefined || offering.length === 0) return;
  const named = new Set<string | undefined>();
  for (let i = 0; i < offering.length; i++) {
    const probe = workload.ask(asker, pairedService);
    await checkProbe(mesh, checks, probe);
    named.add(probe.other);
  }
  count(checks, 'who offers is named in turn', 1);
  if (named.size !== offering.length)
    mesh.world.fail(
      `in a mesh at rest ${offering.length} requests for a service named ${named.size} of the ${offering.length} that offer it`,
    );
}
