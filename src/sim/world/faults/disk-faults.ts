/**
 * Faults of disks: slow ones, full ones, and ones whose commits fail, under the stores of members that have one.
 *
 * Who calls it: `faults.ts` makes them from a seed, tests by hand. Invariant: as of every fault: at its end the disk is
 * as before; it lasts over crashes and restarts of the program, as the disk does.
 */
import type { Disk } from '../machine/disk.ts';
import type { Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type Fault, namesOf, runningMembers } from './fault.ts';

/** Each sync of their stores takes this many times as long. */
export function slowDisk(members: readonly Member[], factor: number): Fault {
  const text = `disks of ${namesOf(members)} are ${factor} times slower`;
  return diskFault(members, text, (disk, isOn) => {
    disk.slowness = isOn ? factor : 1;
  });
}

/** Their stores refuse what needs room, and go on to answer what does not. */
export function fullDisk(members: readonly Member[]): Fault {
  return diskFault(members, `disks of ${namesOf(members)} are full`, (disk, isOn) => {
    disk.isFull = isOn;
  });
}

/** This share of the commits of their stores ends with an error, and whether they are durable is unknown. */
export function failingDisk(members: readonly Member[], share: number): Fault {
  const text = `of the commits on disks of ${namesOf(members)} ${Math.round(100 * share)}% fail`;
  return diskFault(members, text, (disk, isOn) => {
    disk.failShare = isOn ? share : 0;
  });
}

/** Those that a fault of disks can hit. */
export function runningWithStore(mesh: Mesh): Member[] {
  return runningMembers(mesh).filter(({ store }) => store !== undefined);
}

function diskFault(
  members: readonly Member[],
  text: string,
  set: (disk: Disk, isOn: boolean) => void,
): Fault {
  let hit: Disk[] = [];
  return {
    name: 'disk',
    text,
    start: () => {
      hit = members.flatMap(({ host }) => [host.disk, host.ownDisk]);
      for (const disk of hit) set(disk, true);
    },
    // Those that were hit: a machine that vanished meanwhile has another disk.
    end: () => {
      for (const disk of hit) set(disk, false);
    },
  };
}
