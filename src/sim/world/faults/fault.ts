/**
 * What a fault is: something that begins, lasts, and is undone again.
 *
 * Who calls it: the makers of faults (`network-faults.ts`, `node-faults.ts`, `disk-faults.ts`, `liar.ts`) and whoever lets
 * them happen. Invariant: after `end` the world is as if the fault had never been, but for what the nodes
 * made of it: rules are gone, the dead run again, clocks keep their time.
 */
import type { Host } from '../machine/host.ts';
import type { Life, Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { Rule } from '../network/network.ts';
import type { SeededRandom } from '../random.ts';

/** Something that is done to a mesh, and undone. Call `start` once and `end` once. */
export interface Fault {
  /** What `--faults` calls it. */
  readonly name: FaultName;
  /** Who is hit, for the trace. */
  readonly text: string;
  /** Does it to the mesh. */
  start(mesh: Mesh): void;
  /** It is over: rules are gone, those that it stopped run again. */
  end(mesh: Mesh): void;
}

/** The kinds of faults: what `--faults` and `SimulationOptions.faults` accept. */
export type FaultName =
  | 'partition'
  | 'oneway'
  | 'crash'
  | 'vanish'
  | 'pause'
  | 'cut'
  | 'drift'
  | 'loss'
  | 'flap'
  | 'slow'
  | 'jump'
  | 'restart'
  | 'leave'
  | 'twin'
  | 'dials'
  | 'liar'
  | 'datagrams'
  | 'disk'
  | 'move';

/** At most this share of the members is crashed or gone at a time. */
const downShareMax = 0.3;

export function ruleFault(name: FaultName, rule: Rule): Fault {
  return {
    name,
    text: rule.name,
    start: (mesh) => mesh.network.addRule(rule),
    end: (mesh) => mesh.network.removeRule(rule),
  };
}

/** A fault that does something again and again while it lasts; `rest` draws the wait until the next time. */
export function recurringFault(
  name: FaultName,
  text: string,
  rest: () => number,
  act: (mesh: Mesh) => void,
  ended: (mesh: Mesh) => void = () => undefined,
): Fault {
  let active = false;
  const round = (mesh: Mesh) => {
    if (!active) return;
    act(mesh);
    mesh.world.after(rest(), () => round(mesh));
  };
  return {
    name,
    text,
    start: (mesh) => {
      active = true;
      round(mesh);
    },
    end: (mesh) => {
      active = false;
      ended(mesh);
    },
  };
}

export function someMembers(mesh: Mesh, random: SeededRandom, shareMax: number): Member[] {
  const running = runningMembers(mesh);
  const count = random.integer(1, Math.max(1, Math.floor(running.length * shareMax)));
  return random.sample(running, count);
}

export function mayGoDown(mesh: Mesh, random: SeededRandom): Member[] {
  const running = runningMembers(mesh);
  const room = Math.floor(mesh.members.length * downShareMax) - (mesh.members.length - running.length);
  return room < 1 ? [] : random.sample(running, random.integer(1, room));
}

export function runningMembers(mesh: Mesh): Member[] {
  return mesh.members.filter(({ life }) => life !== undefined && !life.isLeaving);
}

export function livesOf(members: readonly Member[]): Life[] {
  return members.flatMap((member) => member.life ?? []);
}

export function hostsOf(members: readonly Member[]): Set<Host> {
  return new Set(members.map((member) => member.host));
}

export function namesOf(members: readonly Member[]): string {
  return members.map((member) => member.name).join(',');
}
