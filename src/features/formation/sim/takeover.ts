/**
 * The last of a formation's trials: in a mesh at rest a member dies, and then the broker.
 *
 * Who calls it: the formation's workload, after everything else. The member's lease must end; another takes over from
 * the broker, and what is asked meanwhile is judged by the ledger, since with the broker its neighbors may have lost
 * their ways. Invariant: afterwards both run again, and all know all.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { formationLimits } from '../core/limits.ts';
import type { Brokers } from './brokers.ts';
import type { AskedPair } from './pair-ledger.ts';

export interface TakeoverParts {
  readonly mesh: Mesh;
  readonly checks: CheckCounts;
  readonly brokers: Brokers;
  /** The broker is to have all that run in its directory. */
  readonly checkDirectory: (broker: Life) => Promise<void>;
  /** Each that runs asks for another. */
  readonly askAll: () => readonly AskedPair[];
}

const nodesMin = 4;
/** It is noticed that a member is gone, and its lease ends by whatever clock. */
const leaseEndsMs = formationLimits.formationLeaseMs * 1.05 + 500;
const takeoverLimitMs = 20_000;
/** A request ends after 10 s; a channel that nobody accepts, after 3. */
const askedLimitMs = 20_000;
const knownLimitMs = 60_000;
/** Whoever has come back has found its links by then. */
const quietMs = 5000;

export async function checkTakeover(parts: TakeoverParts): Promise<void> {
  const { mesh, checks, brokers } = parts;
  const { world } = mesh;
  const [broker] = brokers.all;
  if (broker === undefined || mesh.living.length < nodesMin) return;
  const dying = world.random.fork('takeover').pick(mesh.living.filter((life) => life !== broker)).member;
  mesh.crash(dying);
  await world.run(leaseEndsMs);
  count(checks, 'a lease ends', 1);
  await parts.checkDirectory(broker);

  mesh.crash(broker.member);
  const asked = parts.askAll();
  count(checks, 'another takes over at rest', 1);
  if (!(await world.runUntil(() => brokers.agree(mesh.living), takeoverLimitMs)))
    world.fail(`${takeoverLimitMs / 1000} s after the broker ${broker.node.name} died nobody has taken over`);
  if (!(await world.runUntil(() => asked.every(({ outcome }) => outcome !== undefined), askedLimitMs)))
    world.fail(
      `what was asked when the broker ${broker.node.name} died has not ended after ${askedLimitMs / 1000} s`,
    );

  for (const member of [dying, broker.member]) mesh.start(member);
  if (!(await world.runUntil(() => mesh.allKnowAll && brokers.agree(mesh.living), knownLimitMs)))
    world.fail(
      `${dying.name} and ${broker.member.name} are back, and not all know all, or follow one broker`,
    );
  await world.run(quietMs);
}
