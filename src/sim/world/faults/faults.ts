/**
 * All faults by name: made from a seed against somebody that the seed picks, or by hand.
 *
 * Who calls it: the simulation, which makes them from names (`fault-schedule.ts`), and tests. Invariant:
 * the same name, mesh and random numbers make the same fault.
 */

import type { Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { SeededRandom } from '../random.ts';
import { failingDisk, fullDisk, runningWithStore, slowDisk } from './disk-faults.ts';
import { type Fault, type FaultName, mayGoDown, runningMembers, someMembers } from './fault.ts';
import { liar, lieKinds } from './liar.ts';
import { cut, datagrams, flap, loss, move, oneWay, partition, slowLinks } from './network-faults.ts';
import {
  crash,
  dials,
  drift,
  jump,
  leave,
  pause,
  restart,
  slow,
  twin,
  usurper,
  vanish,
} from './node-faults.ts';

export { failingDisk, fullDisk, slowDisk } from './disk-faults.ts';
export type { Fault, FaultName } from './fault.ts';
export { type LieKind, liar, lieKinds } from './liar.ts';
export {
  blackHole,
  cut,
  datagrams,
  flap,
  loss,
  oneWay,
  partition,
  slowLinks,
} from './network-faults.ts';
export {
  crash,
  dials,
  drift,
  jump,
  leave,
  type Memory,
  pause,
  restart,
  restartNow,
  slow,
  twin,
  usurper,
  vanish,
} from './node-faults.ts';

type FaultMaker = (mesh: Mesh, random: SeededRandom) => Fault | undefined;

const lossMin = 0.05;
const lossMax = 0.25;
const driftMin = 0.001;
const driftMax = 0.02;
const wallJumpMsMax = 3_600_000;
/** Less than the memory of duplicates lasts (two minutes), which is all that a leap may cost. */
const leapMsMax = 100_000;
const eventCostMsMax = 30;
const thinBytesPerSecondMin = 8000;
const thinBytesPerSecondMax = 200_000;
const slowLatencyFactor = 20;
/** From a busy disk to one whose syncs take seconds. */
const slowDiskFactorMin = 5;
const slowDiskFactorMax = 300;
/** Of the faults of disks, those whose commits fail, and how many of these. */
const failingShare = 0.3;
const failingMin = 0.02;
const failingMax = 0.3;
/** Of the twins: those of a node that has just come back, and, of the others, those with half of the mesh. */
const usurperShare = 0.4;
const evenShare = 0.5;
const usurperDownMsMin = 100;
const usurperDownMsMax = 1000;
/** Just back it has no island yet; some seconds later it is as old as any. */
const usurperGapMsMax = 2000;

const makers: Readonly<Record<FaultName, FaultMaker>> = {
  partition: (mesh, random) => against(oneSite(mesh, random) ?? someMembers(mesh, random, 0.5), partition),
  oneway: (mesh, random) =>
    against(someMembers(mesh, random, 0.3), (deaf) => oneWay(deaf, random.chance(0.5) ? 'in' : 'out')),
  crash: (mesh, random) =>
    against(mayGoDown(mesh, random), (victims) => crash(victims, random.pick(['end', 'reset'] as const))),
  vanish: (mesh, random) => against(mayGoDown(mesh, random), vanish),
  pause: (mesh, random) => against(someMembers(mesh, random, 0.2), pause),
  cut: (_mesh, random) => cut(random.fork(`cut ${random.next()}`), random.integer(1, 5)),
  drift: (mesh, random) =>
    against(someMembers(mesh, random, 0.5), (victims) => {
      const sign = random.chance(0.5) ? 1 : -1;
      const jumpMs = random.integer(-wallJumpMsMax, wallJumpMsMax);
      return drift(victims, 1 + sign * random.between(driftMin, driftMax), jumpMs);
    }),
  loss: (_mesh, random) => loss(random.between(lossMin, lossMax)),
  flap: (mesh, random) => {
    const scope = random.pick(['all', 'among', 'among'] as const);
    const members = scope === 'all' ? random.sample(runningMembers(mesh), 1) : someMembers(mesh, random, 0.5);
    return against(members, (victims) => flap(victims, scope, random.fork(`flap ${random.next()}`)));
  },
  slow: (mesh, random) =>
    against(someMembers(mesh, random, 0.3), (victims) =>
      random.chance(0.5)
        ? slow(victims, random.between(1, eventCostMsMax))
        : slowLinks(
            victims,
            random.pick([1, slowLatencyFactor]),
            random.integer(thinBytesPerSecondMin, thinBytesPerSecondMax),
          ),
    ),
  jump: (mesh, random) =>
    against(someMembers(mesh, random, 0.3), (victims) =>
      jump(
        victims,
        random.integer(-wallJumpMsMax, wallJumpMsMax),
        random.pick([0, random.integer(0, leapMsMax)]),
      ),
    ),
  restart: (_mesh, random) =>
    restart(random.pick(['with memory', 'without memory'] as const), random.fork(`restart ${random.next()}`)),
  leave: (mesh, random) => against(mayGoDown(mesh, random), leave),
  twin: (mesh, random) =>
    against(random.sample(ownersOfTheirName(mesh), 1), ([victim]) => {
      // Drawn apart: the other twins of a seed stay as they were.
      const apart = random.fork(`usurper ${mesh.world.now}`);
      if (apart.chance(usurperShare))
        return usurper(
          victim as Member,
          apart.integer(usurperDownMsMin, usurperDownMsMax),
          apart.integer(0, usurperGapMsMax),
        );
      const others = runningMembers(mesh).filter((member) => member !== victim);
      // Of islands of one size ages alone decide.
      if (others.length % 2 === 0 && apart.chance(evenShare))
        return twin(victim as Member, apart.sample(others, others.length / 2));
      // The first keeps somebody to vouch for it: alone it could not show that it has ever belonged.
      const island = random.chance(0.5) ? [] : random.sample(others, random.integer(0, others.length - 2));
      return twin(victim as Member, island);
    }),
  dials: (mesh, random) => {
    const pairs = Array.from({ length: random.integer(1, 3) }, () => pairOf(mesh, random));
    const whole = pairs.filter((pair) => pair !== undefined);
    return whole.length === 0 ? undefined : dials(whole, random.fork(`dials ${random.next()}`));
  },
  liar: (mesh, random) =>
    against(random.sample(runningMembers(mesh), 1), ([member]) =>
      liar(
        member as Member,
        random.sample(lieKinds, random.integer(1, 3)),
        random.fork(`lies ${random.next()}`),
      ),
    ),
  datagrams: (_mesh, random) => datagrams(random.next(), random.next(), random.next()),
  disk: (mesh, random) => {
    const withStore = runningWithStore(mesh);
    const victims = random.sample(withStore, random.integer(1, Math.max(1, withStore.length)));
    // Drawn apart: the other disks of a seed stay as they were.
    const apart = random.fork(`failing disk ${mesh.world.now}`);
    if (apart.chance(failingShare)) {
      const share = apart.between(failingMin, failingMax);
      return against(victims, (members) => failingDisk(members, share));
    }
    return against(victims, (members) =>
      random.chance(0.5)
        ? fullDisk(members)
        : slowDisk(members, random.integer(slowDiskFactorMin, slowDiskFactorMax)),
    );
  },
  move: (mesh, random) =>
    against(someMembers(mesh, random, 0.4), (members) => move(members, random.fork(`move ${random.next()}`))),
};

/** All kinds of faults. */
export const faultNames = Object.keys(makers) as FaultName[];

/** A fault of this name against somebody that the seed picks; undefined where nobody is left to be hit. */
export function makeFault(name: FaultName, mesh: Mesh, random: SeededRandom): Fault | undefined {
  return makers[name](mesh, random);
}

/** @throws TypeError that names what is no fault. `all` stands for every one, an empty text for none. */
export function parseFaults(list: string): FaultName[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('all')) return [...faultNames];
  return names.filter((name) => name !== '' && name !== 'none').map(faultName);
}

function faultName(name: string): FaultName {
  if (name in makers) return name as FaultName;
  throw new TypeError(`faults: "${name}" is none of ${faultNames.join(', ')}`);
}

function against(members: readonly Member[], make: (members: readonly Member[]) => Fault): Fault | undefined {
  return members.length === 0 ? undefined : make(members);
}

/** A second twin of one name would prove nothing new. */
function ownersOfTheirName(mesh: Mesh): Member[] {
  return runningMembers(mesh).filter(({ nodeName }) => mesh.livesNamed(nodeName).length === 1);
}

/** Where there are several networks, what breaks is as often the line between them. */
function oneSite(mesh: Mesh, random: SeededRandom): Member[] | undefined {
  const running = runningMembers(mesh);
  const domains = [...new Set(running.map(({ host }) => host.broadcastDomain))];
  if (domains.length < 2 || random.chance(0.5)) return undefined;
  const domain = random.pick(domains);
  return running.filter(({ host }) => host.broadcastDomain === domain);
}

function pairOf(mesh: Mesh, random: SeededRandom): [Member, Member] | undefined {
  const [a, b] = random.sample(runningMembers(mesh), 2);
  return a === undefined || b === undefined ? undefined : [a, b];
}
