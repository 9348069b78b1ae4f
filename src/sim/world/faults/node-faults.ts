/**
 * Faults of nodes and their machines: death, goodbyes, stalls, clocks, and programs that do odd things.
 *
 * Who calls it: `faults.ts` makes them from a seed, tests and scenarios by hand. Invariant: as of every
 * fault: at its end the dead run again, event loops turn and clocks keep their time. Only a twin stays, if
 * it is the one of the two that must.
 */

import type { Life, Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { SeededRandom } from '../random.ts';
import { type Fault, livesOf, namesOf, recurringFault, runningMembers } from './fault.ts';
import { partition } from './network-faults.ts';

/** A machine that comes back from a suspend stood still for a moment as well. */
const suspendMs = 50;
const restartMsMin = 300;
const restartMsMax = 4000;
const dialMsMin = 20;
const dialMsMax = 500;

/** Programs are killed and started again at the end. `end`: the system closes their sockets in order; `reset`: it resets them. */
export function crash(members: readonly Member[], sockets: 'end' | 'reset'): Fault {
  return {
    name: 'crash',
    text: `crash of ${namesOf(members)} (${sockets})`,
    start: (mesh) => {
      for (const member of members) mesh.crash(member, sockets);
    },
    end: (mesh) => startAgain(mesh, members),
  };
}

/** Machines are gone with their disks, and no connection to them ends; at the end they come back empty and start again. */
export function vanish(members: readonly Member[]): Fault {
  return {
    name: 'vanish',
    text: `${namesOf(members)} vanish`,
    start: (mesh) => {
      for (const member of members) mesh.vanish(member);
    },
    end: (mesh) => startAgain(mesh, members),
  };
}

/** They say goodbye, and are back at the end. */
export function leave(members: readonly Member[]): Fault {
  return {
    name: 'leave',
    text: `${namesOf(members)} leave`,
    start: (mesh) => {
      for (const member of members) mesh.leaveSoon(member);
    },
    end: (mesh) => {
      for (const member of members) if (member.life?.isLeaving === true) mesh.crash(member);
      startAgain(mesh, members);
    },
  };
}

/** What a member is told of the others when it starts again. */
export type Memory = 'with memory' | 'without memory';

/** Killed and started at once. With memory it dials the addresses that it knew. */
export function restartNow(
  mesh: Mesh,
  member: Member,
  memory: Memory,
  sockets: 'end' | 'reset' | 'silence',
): void {
  const { life } = member;
  if (life === undefined) return;
  const seeds = memory === 'with memory' ? addressesKnownTo(mesh, life) : [];
  if (sockets === 'silence') mesh.vanish(member);
  else mesh.crash(member, sockets);
  mesh.start(member, seeds);
}

/** One after the other is restarted, so fast that its old life is still believed to be there. */
export function restart(memory: Memory, random: SeededRandom): Fault {
  const rest = () => random.between(restartMsMin, restartMsMax);
  return recurringFault('restart', `restarts ${memory}`, rest, (mesh) => {
    const running = runningMembers(mesh);
    if (running.length === 0) return;
    restartNow(mesh, random.pick(running), memory, random.pick(['end', 'reset', 'silence'] as const));
  });
}

/** Their event loops stand still. */
export function pause(members: readonly Member[]): Fault {
  const paused = livesOf(members);
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

/** Each event costs them so long: what comes in waits in line. */
export function slow(members: readonly Member[], eventCostMs: number): Fault {
  const slowed = livesOf(members);
  return {
    name: 'slow',
    text: `${namesOf(members)} take ${eventCostMs.toFixed(1)} ms for each event`,
    start: () => {
      for (const life of slowed) life.platform.setEventCost(eventCostMs);
    },
    end: () => {
      for (const life of slowed) life.platform.setEventCost(0);
    },
  };
}

/** Clocks run fast or slow, and the wall clock jumps. */
export function drift(members: readonly Member[], rate: number, wallJumpMs: number): Fault {
  const lives = livesOf(members);
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

/** A wall clock is set anew, and the monotonic clock leaps ahead as after a suspend. */
export function jump(members: readonly Member[], wallJumpMs: number, leapMs: number): Fault {
  const lives = livesOf(members);
  return {
    name: 'jump',
    text: `clocks of ${namesOf(members)} leap by ${leapMs} ms, the wall clocks by ${wallJumpMs} ms`,
    start: (mesh) => {
      for (const { platform } of lives) {
        platform.pause();
        platform.clock.jumpWall(wallJumpMs);
      }
      mesh.world.after(suspendMs, () => {
        for (const { platform } of lives) {
          platform.leapClock(leapMs);
          platform.resume();
        }
        mesh.world.touchProgram();
      });
    },
    end: () => {
      for (const { platform } of lives) platform.clock.jumpWall(-wallJumpMs);
    },
  };
}

/**
 * Another program starts with the name of one that runs. With an island it starts there, out of reach of
 * the first, and the two only meet when the fault ends.
 */
export function twin(member: Member, island: readonly Member[] = []): Fault {
  let apart: Fault | undefined;
  return {
    name: 'twin',
    text: `a twin of ${member.name} starts${island.length === 0 ? '' : ` among ${namesOf(island)}`}`,
    start: (mesh) => {
      const other = addTwin(mesh, member);
      if (island.length > 0) apart = partition([other, ...island]);
      apart?.start(mesh);
      mesh.start(other);
    },
    end: (mesh) => apart?.end(mesh),
  };
}

/** A node starts again, and a moment after it is back another program takes its name. */
export function usurper(member: Member, downMs: number, gapMs: number): Fault {
  let active = true;
  return {
    name: 'twin',
    text: `${member.name} is back after ${downMs} ms, a twin starts ${gapMs} ms later`,
    start: (mesh) => {
      mesh.crash(member);
      mesh.world.after(downMs, () => {
        startAgain(mesh, [member]);
        mesh.world.after(gapMs, () => {
          if (active && member.life !== undefined) mesh.start(addTwin(mesh, member));
        });
      });
    },
    end: (mesh) => {
      active = false;
      startAgain(mesh, [member]);
    },
  };
}

function addTwin(mesh: Mesh, { nodeName, host }: Member): Member {
  const name = `${nodeName}-twin${mesh.members.length}`;
  return mesh.add({ name, nodeName, broadcastDomain: host.broadcastDomain });
}

/** Both ends of these pairs dial each other at the same instant, again and again, linked or not. */
export function dials(pairs: readonly (readonly [Member, Member])[], random: SeededRandom): Fault {
  const text = `simultaneous dials of ${pairs.map(([a, b]) => `${a.name}-${b.name}`).join(' ')}`;
  const rest = () => random.between(dialMsMin, dialMsMax);
  return recurringFault('dials', text, rest, (mesh) => {
    const [a, b] = random.pick(pairs);
    if (!a.canAct || !b.canAct) return;
    dialAt(a, b);
    dialAt(b, a);
    mesh.world.touchProgram();
  });
}

/** Most fail, and must: the two are linked, or a dial of the other was faster. */
function dialAt(from: Member, to: Member): void {
  from.life?.node.dial(to.host.address).catch(() => undefined);
}

function addressesKnownTo(mesh: Mesh, life: Life): string[] {
  return mesh.members
    .filter((member) => life.knows.has(member.nodeName) && member !== life.member)
    .map(({ host }) => host.address);
}

function startAgain(mesh: Mesh, members: readonly Member[]): void {
  for (const member of members) if (member.life === undefined) mesh.start(member);
}
