/**
 * Faults as values: each begins, lasts, and is undone again.
 *
 * Who calls it: the simulation, which makes them from names and a seed (`fault-schedule.ts`), and tests,
 * which make one by hand. Invariant: after `end` the world is as if the fault had never been, but for
 * what the nodes made of it: rules are gone, the dead run again, clocks keep their time.
 */
import type { Host } from './host.ts';
import type { Member, Mesh } from './mesh.ts';
import type { Rule } from './network.ts';
import type { SeededRandom } from './random.ts';

export interface Fault {
  readonly name: FaultName;
  /** Who is hit, for the trace. */
  readonly text: string;
  start(mesh: Mesh): void;
  end(mesh: Mesh): void;
}

export type FaultName = 'partition' | 'oneway' | 'crash' | 'vanish' | 'pause' | 'cut' | 'drift' | 'loss';

type FaultMaker = (mesh: Mesh, random: SeededRandom) => Fault | undefined;

/** At most this share of the members is crashed or gone at a time. */
const downShareMax = 0.3;
const lossMin = 0.05;
const lossMax = 0.25;
const driftMin = 0.001;
const driftMax = 0.02;
const wallJumpMsMax = 3_600_000;
const cutIntervalMs = 400;

const makers: Readonly<Record<FaultName, FaultMaker>> = {
  partition: (mesh, random) => {
    const island = someMembers(mesh, random, 0.5);
    return island.length === 0 ? undefined : partition(island);
  },
  oneway: (mesh, random) => {
    const deaf = someMembers(mesh, random, 0.3);
    return deaf.length === 0 ? undefined : oneWay(deaf, random.chance(0.5) ? 'in' : 'out');
  },
  crash: (mesh, random) => {
    const victims = mayGoDown(mesh, random);
    return victims.length === 0 ? undefined : crash(victims, random.pick(['end', 'reset'] as const));
  },
  vanish: (mesh, random) => {
    const victims = mayGoDown(mesh, random);
    return victims.length === 0 ? undefined : vanish(victims);
  },
  pause: (mesh, random) => {
    const victims = someMembers(mesh, random, 0.2);
    return victims.length === 0 ? undefined : pause(victims);
  },
  cut: (_mesh, random) => cut(random.fork(`cut ${random.next()}`), random.integer(1, 5)),
  drift: (mesh, random) => {
    const victims = someMembers(mesh, random, 0.5);
    const sign = random.chance(0.5) ? 1 : -1;
    const jumpMs = random.integer(-wallJumpMsMax, wallJumpMsMax);
    return drift(victims, 1 + sign * random.between(driftMin, driftMax), jumpMs);
  },
  loss: (_mesh, random) => loss(random.between(lossMin, lossMax)),
};

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

/** Splits the members in two: nothing passes between the island and the rest. */
export function partition(island: readonly Member[]): Fault {
  const inside = hostsOf(island);
  const rule: Rule = {
    name: `partition of ${namesOf(island)}`,
    blocks: (from, to) => inside.has(from) !== inside.has(to),
  };
  return ruleFault('partition', rule);
}

/** `in`: they no longer hear the others. `out`: they are no longer heard. */
export function oneWay(members: readonly Member[], direction: 'in' | 'out'): Fault {
  const inside = hostsOf(members);
  const rule: Rule = {
    name: `one-way ${direction} of ${namesOf(members)}`,
    blocks: (from, to) =>
      direction === 'in' ? !inside.has(from) && inside.has(to) : inside.has(from) && !inside.has(to),
  };
  return ruleFault('oneway', rule);
}

export function crash(members: readonly Member[], sockets: 'end' | 'reset'): Fault {
  return {
    name: 'crash',
    text: `crash of ${namesOf(members)} (${sockets})`,
    start: (mesh) => {
      for (const member of members) mesh.crash(member, sockets);
    },
    end: (mesh) => restart(mesh, members),
  };
}

export function vanish(members: readonly Member[]): Fault {
  return {
    name: 'vanish',
    text: `${namesOf(members)} vanish`,
    start: (mesh) => {
      for (const member of members) mesh.vanish(member);
    },
    end: (mesh) => restart(mesh, members),
  };
}

/** Their event loops stand still. */
export function pause(members: readonly Member[]): Fault {
  const paused = members.flatMap((member) => member.life ?? []);
  return {
    name: 'pause',
    text: `${namesOf(members)} pause`,
    start: () => {
      for (const life of paused) life.platform.pause();
    },
    end: (mesh) => {
      for (const life of paused) life.platform.resume();
      mesh.world.touchProgram();
    },
  };
}

/** Connections break again and again; now and then only one end is told. */
export function cut(random: SeededRandom, atOnce: number): Fault {
  let active = true;
  const round = (mesh: Mesh) => {
    if (!active) return;
    const open = [...mesh.network.streams].filter((stream) => stream.isOpen);
    for (const stream of random.sample(open, atOnce)) {
      stream.cut(random.pick(['both', 'both', 'dialer', 'listener'] as const));
    }
    mesh.world.after(cutIntervalMs * random.between(0.5, 4), () => round(mesh));
  };
  return {
    name: 'cut',
    text: `${atOnce} connections cut at a time`,
    start: round,
    end: () => {
      active = false;
    },
  };
}

/** Clocks run fast or slow, and the wall clock jumps. */
export function drift(members: readonly Member[], rate: number, wallJumpMs: number): Fault {
  const lives = members.flatMap((member) => member.life ?? []);
  return {
    name: 'drift',
    text: `clocks of ${namesOf(members)} run at ${rate.toFixed(4)}, jump by ${wallJumpMs} ms`,
    start: () => {
      for (const { platform } of lives) {
        platform.setClockRate(rate);
        platform.clock.jumpWall(wallJumpMs);
      }
    },
    end: () => {
      for (const { platform } of lives) {
        platform.setClockRate(1);
        platform.clock.jumpWall(-wallJumpMs);
      }
    },
  };
}

/** Packets are lost, doubled and late. */
export function loss(share: number): Fault {
  let before = { loss: 0, duplication: 0, lateness: 0 };
  return {
    name: 'loss',
    text: `${(share * 100).toFixed(0)}% loss`,
    start: ({ network: { conditions } }) => {
      before = { loss: conditions.loss, duplication: conditions.duplication, lateness: conditions.lateness };
      Object.assign(conditions, { loss: share, duplication: share, lateness: share });
    },
    end: ({ network: { conditions } }) => {
      Object.assign(conditions, before);
    },
  };
}

/** Nothing reaches these members nor leaves them; their programs run on. Never ends by itself. */
export function blackHole(members: readonly Member[]): Rule {
  const inside = hostsOf(members);
  return {
    name: `black hole around ${namesOf(members)}`,
    blocks: (from, to) => inside.has(from) || inside.has(to),
  };
}

function ruleFault(name: FaultName, rule: Rule): Fault {
  return {
    name,
    text: rule.name,
    start: (mesh) => mesh.network.addRule(rule),
    end: (mesh) => mesh.network.removeRule(rule),
  };
}

function restart(mesh: Mesh, members: readonly Member[]): void {
  for (const member of members) if (member.life === undefined) mesh.start(member);
}

function faultName(name: string): FaultName {
  if (name in makers) return name as FaultName;
  throw new TypeError(`faults: "${name}" is none of ${faultNames.join(', ')}`);
}

function someMembers(mesh: Mesh, random: SeededRandom, shareMax: number): Member[] {
  const running = mesh.members.filter((member) => member.life !== undefined);
  const count = random.integer(1, Math.max(1, Math.floor(running.length * shareMax)));
  return random.sample(running, count);
}

function mayGoDown(mesh: Mesh, random: SeededRandom): Member[] {
  const running = mesh.members.filter((member) => member.life !== undefined);
  const room = Math.floor(mesh.members.length * downShareMax) - (mesh.members.length - running.length);
  return room < 1 ? [] : random.sample(running, random.integer(1, room));
}

function hostsOf(members: readonly Member[]): Set<Host> {
  return new Set(members.map((member) => member.host));
}

function namesOf(members: readonly Member[]): string {
  return members.map((member) => member.name).join(',');
}
