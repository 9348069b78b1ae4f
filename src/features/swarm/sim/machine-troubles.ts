/**
 * What befalls whole machines: they are off for a while, alone or all at once, or cut off from the others, and one of them
 * may lose its disk.
 *
 * Made by workloads whose nodes live on several machines. So the formation's broker comes to be on a machine that does not
 * have the swarm's store, and the one that has it comes back. Where the disk of that one is lost, somebody adopts the
 * store of another machine, as people would. Invariant: one of these at a time; when `stop` returns all of them are over.
 */
import { partition } from '../../../sim/world/faults/network-faults.ts';
import { isRunning, type Life, type Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Machine, Machines } from './machines.ts';

const restMsMax = 4000;
const lastsMsMin = 500;
const lastsMsMax = 9000;
const cutOffShare = 0.3;
const blackoutShare = 0.2;
const adoptAgainMs = 1000;

export class MachineTroubles {
  readonly counts: Record<string, number> = {};
  private readonly mesh: Mesh;
  private readonly machines: Machines;
  private readonly random: SeededRandom;
  /** Of runs with this share one disk is lost. */
  private readonly losesDisk: boolean;
  private isActive = false;
  /** Programs of the machine that has lost its disk. */
  private lost: readonly Member[] = [];
  private endPresent: (() => void) | undefined;
  /** Whose store is to become the swarm's; undefined: none need. */
  private heir: Machine | undefined;

  constructor(mesh: Mesh, machines: Machines, lossShare: number) {
    this.mesh = mesh;
    this.machines = machines;
    this.random = mesh.world.random.fork('machines');
    this.losesDisk = this.random.chance(lossShare);
  }

  start(): void {
    this.isActive = true;
    this.rest();
  }

  stop(): void {
    this.isActive = false;
    this.endPresent?.();
    this.machines.comesBack();
    this.over(this.lost);
  }

  /** Nobody has to adopt a store any more. */
  get isAdopted(): boolean {
    return this.heir === undefined;
  }

  private rest(): void {
    this.mesh.world.after(this.random.between(0, restMsMax), () => this.begin());
  }

  private begin(): void {
    const { all } = this.machines;
    if (!this.isActive || all.length < 2) return;
    const machine = this.random.pick(all);
    const draw = this.random.next();
    // The square leans towards short ones.
    const lastsMs = lastsMsMin + (lastsMsMax - lastsMsMin) * this.random.next() ** 2;
    const toLose = this.losesDisk ? this.mayBeLost() : undefined;
    if (toLose !== undefined) {
      this.lose(toLose);
      return this.rest();
    }
    if (draw < blackoutShare) this.endPresent = this.blackOut(lastsMs);
    else
      this.endPresent = draw < blackoutShare + cutOffShare ? this.cutOff(machine) : this.turnOff([machine]);
    const end = this.endPresent;
    this.mesh.world.after(lastsMs, () => {
      if (this.endPresent !== end) return;
      end();
      this.rest();
    });
  }

  /** All of them at once; they come back one after the other, and remember where the swarm is kept. */
  private blackOut(lastsMs: number): () => void {
    const end = this.turnOff(this.machines.all);
    for (const machine of this.machines.all) {
      const stopped = this.machines.membersOf(machine).filter((member) => !this.lost.includes(member));
      this.mesh.world.after(this.random.between(0, lastsMs), () => {
        if (this.endPresent === end) this.startAgain(stopped);
      });
    }
    return end;
  }

  private turnOff(machines: readonly Machine[]): () => void {
    this.count('off');
    // One that is leaving ends by itself, and says so: that is judged.
    const running = machines
      .flatMap((machine) => this.running(machine))
      .filter(({ life }) => !life?.isLeaving);
    const sockets = this.random.pick(['end', 'reset'] as const);
    for (const member of running) this.mesh.crash(member, sockets);
    return () => this.over(running);
  }

  private cutOff(machine: Machine): () => void {
    this.count('cut off');
    const fault = partition(this.machines.membersOf(machine));
    fault.start(this.mesh);
    return () => {
      fault.end(this.mesh);
      this.over([]);
    };
  }

  /** The swarm's, once; while no fault has stopped one of its programs, which would start it again. */
  private mayBeLost(): Machine | undefined {
    const [home, ...others] = this.machines.withLetters;
    if (home === undefined || others.length > 0 || this.machines.lostAt > 0) return undefined;
    return this.machines.membersOf(home).every(({ canAct }) => canAct) ? home : undefined;
  }

  private lose(machine: Machine): void {
    this.count('lost');
    this.lost = this.running(machine);
    this.machines.loseDisk(machine);
    this.heir = this.random.pick(this.machines.all.filter((each) => each !== machine));
    this.adopt();
  }

  /** Until it has come off. Always on the same machine, so that no two stores are adopted in place of one. */
  private adopt(): void {
    this.mesh.world.after(adoptAgainMs, () => {
      const heir = this.heirNow();
      if (heir === undefined) return;
      const able = this.machines.membersOf(heir).filter((member) => member.canAct);
      if (able.length === 0) return this.adopt();
      const life = this.random.pick(able).life as Life;
      this.mesh.world.touchProgram();
      let isOver = false;
      const again = (): void => {
        if (!isOver) this.adopt();
        isOver = true;
      };
      life.node.swarm.adopt().then(() => {
        isOver = true;
        this.heir = undefined;
        this.count('adopted');
      }, again);
      // With its program the answer is gone.
      this.whenGone(life, again);
    });
  }

  /** Another one where the programs of the first have ended for good: their names were others'. */
  private heirNow(): Machine | undefined {
    const { heir } = this;
    if (heir === undefined || this.isActive || this.running(heir).length > 0) return heir;
    this.heir = this.machines.all.find((each) => this.running(each).length > 0);
    return this.heir;
  }

  private whenGone(life: Life, then: () => void): void {
    this.mesh.world.after(adoptAgainMs, () => {
      if (this.heir === undefined) return;
      if (isRunning(life)) this.whenGone(life, then);
      else then();
    });
  }

  private running(machine: Machine): Member[] {
    return this.machines.membersOf(machine).filter(({ life }) => life !== undefined);
  }

  private over(stopped: readonly Member[]): void {
    this.endPresent = undefined;
    this.startAgain(stopped);
  }

  private startAgain(members: readonly Member[]): void {
    for (const member of members)
      if (member.life === undefined && this.mesh.member(member.name) === member) this.mesh.start(member);
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}
