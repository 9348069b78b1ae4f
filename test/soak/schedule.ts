/**
 * Which faults happen when: written down from the seed before anything starts.
 *
 * Used by the conductor. Invariant: the same plan gives the same faults; every fault of a storm is over when
 * the storm is; a member is under one fault of its own at a time.
 */
import { SeededRandom } from '../../src/sim/world/random.ts';
import type { HostCut } from './ground.ts';

export type Fault =
  | { readonly kind: 'kill'; readonly atMs: number; readonly member: number; readonly forMs: number }
  | { readonly kind: 'stop'; readonly atMs: number; readonly member: number; readonly forMs: number }
  | { readonly kind: 'hangup'; readonly atMs: number; readonly member: number; readonly forMs: 0 }
  | NetworkFault;

/** What happens to the ways between hosts. */
export type NetworkFault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'partition' | 'one-way' | 'reset'; readonly cuts: readonly HostCut[] }
  | { readonly kind: 'datagram-loss' | 'packet-loss'; readonly host: number; readonly percent: number }
);

export type FaultKind = Fault['kind'];

export interface Plan {
  readonly seed: number;
  readonly members: number;
  readonly hosts: number;
  /** Without hosts of its own a run has no network to break. */
  readonly network: boolean;
  readonly stormMs: number;
}

/** Mean pause between two faults of a kind in a mesh of 40; a larger mesh has them as much more often. */
const pauseMs: Record<FaultKind, number> = {
  kill: 6000,
  stop: 7000,
  hangup: 10_000,
  partition: 25_000,
  'one-way': 30_000,
  reset: 15_000,
  'datagram-loss': 20_000,
  'packet-loss': 30_000,
};
const networkKinds: readonly FaultKind[] = ['partition', 'one-way', 'reset', 'datagram-loss', 'packet-loss'];
const stopMs = 5000;
const lastPartitionMs = 15_000;
/** After a fault of its own a member is left alone for this long, so that it may start or catch up. */
const recoveryMs = 4000;
/** Every fourth member is never killed: what grows slowly is seen only in a process that lives long. */
export const isSpared = (member: number): boolean => member % 4 === 0;

/** The faults of the given storm (counted from 0), earliest first. */
export function scheduleStorm(plan: Plan, storm: number): Fault[] {
  const random = SeededRandom.fromSeed(plan.seed).fork(`storm ${storm}`);
  const busyUntil = new Map<number, number>();
  const moments: { kind: FaultKind; atMs: number }[] = [];
  for (const kind of Object.keys(pauseMs) as FaultKind[]) {
    if (plan.network || !networkKinds.includes(kind))
      moments.push(...momentsOf(kind, plan, random.fork(kind)));
  }
  moments.sort((a, b) => a.atMs - b.atMs);
  const draw = random.fork('draw');
  const faults = moments.flatMap(({ kind, atMs }) => fault(kind, atMs, plan, draw, busyUntil) ?? []);
  return [...faults, ...lastPartition(plan, draw)].sort((a, b) => a.atMs - b.atMs);
}

/** Each storm ends with the mesh in two, so that there is something to heal. */
function lastPartition(plan: Plan, random: SeededRandom): Fault[] {
  if (!plan.network || plan.hosts < 2) return [];
  const forMs = Math.min(lastPartitionMs, plan.stormMs);
  return [{ kind: 'partition', atMs: plan.stormMs - forMs, forMs, cuts: split(plan, random) }];
}

function momentsOf(kind: FaultKind, { stormMs, members }: Plan, random: SeededRandom) {
  const ofMember = !networkKinds.includes(kind);
  const pause = pauseMs[kind] * (ofMember ? 40 / members : 1);
  const moments: { kind: FaultKind; atMs: number }[] = [];
  for (let atMs = pause * random.between(0, 1); atMs < stormMs; atMs += pause * random.between(0.4, 1.6))
    moments.push({ kind, atMs: Math.round(atMs) });
  return moments;
}

function fault(
  kind: FaultKind,
  atMs: number,
  plan: Plan,
  random: SeededRandom,
  busyUntil: Map<number, number>,
): Fault | undefined {
  const restMs = plan.stormMs - atMs;
  const forMs = (min: number, max: number): number => Math.min(restMs, random.integer(min, max));
  switch (kind) {
    case 'kill':
    case 'stop': {
      const lengthMs = kind === 'stop' ? stopMs : forMs(500, 15_000);
      const member = freeMember(plan, atMs, random, busyUntil, kind === 'kill');
      if (member === undefined || lengthMs > restMs) return undefined;
      busyUntil.set(member, atMs + lengthMs + recoveryMs);
      return { kind, atMs, member, forMs: lengthMs };
    }
    case 'hangup': {
      const member = freeMember(plan, atMs, random, busyUntil, false);
      return member === undefined ? undefined : { kind, atMs, member, forMs: 0 };
    }
    case 'partition':
      return plan.hosts < 2
        ? undefined
        : { kind, atMs, forMs: forMs(3000, 20_000), cuts: split(plan, random) };
    case 'one-way':
      return plan.hosts < 2
        ? undefined
        : { kind, atMs, forMs: forMs(3000, 15_000), cuts: [oneCut(plan, random)] };
    case 'reset':
      return { kind, atMs, forMs: forMs(500, 1500), cuts: [anyCut(plan, random)] };
    case 'datagram-loss':
    case 'packet-loss': {
      const percent = kind === 'packet-loss' ? 1 : random.integer(10, 60);
      return { kind, atMs, forMs: forMs(5000, 15_000), host: random.integer(0, plan.hosts - 1), percent };
    }
  }
}

function freeMember(
  plan: Plan,
  atMs: number,
  random: SeededRandom,
  busyUntil: ReadonlyMap<number, number>,
  toKill: boolean,
): number | undefined {
  const free = Array.from({ length: plan.members }, (_, member) => member).filter(
    (member) => (busyUntil.get(member) ?? 0) <= atMs && !(toKill && isSpared(member)),
  );
  return free.length === 0 ? undefined : random.pick(free);
}

/** Some hosts from all others, both ways. */
function split({ hosts }: Plan, random: SeededRandom): HostCut[] {
  const all = Array.from({ length: hosts }, (_, host) => host);
  const side = new Set(random.sample(all, random.integer(1, Math.max(1, Math.floor(hosts / 2)))));
  return all.flatMap((from) =>
    all.filter((to) => side.has(from) !== side.has(to)).map((to) => ({ from, to })),
  );
}

function oneCut({ hosts }: Plan, random: SeededRandom): HostCut {
  const from = random.integer(0, hosts - 1);
  return { from, to: (from + random.integer(1, hosts - 1)) % hosts };
}

/** Also a host from itself: links on one machine are reset as well. */
function anyCut({ hosts }: Plan, random: SeededRandom): HostCut {
  return { from: random.integer(0, hosts - 1), to: random.integer(0, hosts - 1) };
}
