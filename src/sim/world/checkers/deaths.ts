/**
 * False deaths: nobody may be told that a node is gone, or a link down, that nothing has touched.
 *
 * Who calls it: it listens to the mesh, all the time. Invariant: it complains only where the network as
 * it truly is leaves no excuse: both ends lived, kept up and told the truth, nothing between them was blocked,
 * late or cut, and nobody used another's name, all for the last seconds.
 */

import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';
import { type StandingLinks, standsSinceMs } from './standing.ts';

interface Leaver {
  readonly life: Life;
  readonly at: number;
  /** Those who must have heard its goodbye. */
  readonly neighbors: readonly Life[];
}

/** After this a goodbye has reached whoever it can reach, and the name may belong to another life. */
const goodbyeKnownMs = 8000;
/** A program gives these as reasons for links it wants to end. */
const meantReasons: ReadonlySet<string> = new Set(['hangup', 'surplus', 'leave', 'stopped']);

export class Deaths {
  private readonly mesh: Mesh;
  private readonly standing: StandingLinks;
  private readonly checks: CheckCounts;
  private leavers: Leaver[] = [];

  constructor(mesh: Mesh, standing: StandingLinks, checks: CheckCounts) {
    this.mesh = mesh;
    this.standing = standing;
    this.checks = checks;
    mesh.observers.push({
      leaving: (life) => this.leaving(life),
      // What is heard of the name from now on may be of this life.
      started: ({ node }) => {
        this.leavers = this.leavers.filter(({ life }) => life.node.name !== node.name);
      },
      lost: (life, name, reason) => this.lost(life, name, reason),
      linkDown: (life, name, reason) => this.linkDown(life, name, reason),
    });
  }

  private get since(): number {
    return this.mesh.world.now - standsSinceMs;
  }

  private leaving(life: Life): void {
    const { now } = this.mesh.world;
    this.leavers = this.leavers.filter(({ at }) => now - at < goodbyeKnownMs);
    // A program that stands still may be cut off before its goodbye has left.
    const isBehind = life.platform.isPaused || life.platform.loop.lastBehindAt >= this.since;
    // The goodbye of a doubled name may be an older version than the other's record: nobody takes it.
    const isSilenced = isBehind || this.mesh.liars.isSuspect(life, this.since);
    const isHeard = !isSilenced && !this.standing.isDoubled(life.node.name);
    const neighbors = isHeard ? this.standing.neighborsOf(life, this.since) : [];
    this.leavers.push({ life, at: now, neighbors });
  }

  /** Somebody may be taken for another life of his name: by a lie, or for having a namesake. */
  private mayBeMistaken({ node }: Life): boolean {
    return this.mesh.liars.takeNamesUntil >= this.mesh.world.now || this.standing.isDoubled(node.name);
  }

  private theOnly(name: string): Life | undefined {
    return this.standing.isDoubled(name) ? undefined : this.mesh.livesNamed(name)[0];
  }

  private lost(life: Life, name: string, reason: string): void {
    if (this.mayBeMistaken(life)) return;
    const leaver = this.leaverNamed(name);
    if (leaver !== undefined) return this.lostLeaver(life, leaver, reason);
    const other = this.theOnly(name);
    if (other === undefined) return;
    count(this.checks, 'no false death', 1);
    if (!this.standing.connected(life, other, this.since)) return;
    this.fail(`${nameOf(life)} was told that ${name} is gone (${reason}), to which it has links all along`);
  }

  /** Only while the name is not another's: whoever bears it now has not left. */
  private leaverNamed(name: string): Leaver | undefined {
    const leaver = this.leavers.find(({ life }) => life.node.name === name);
    return this.mesh.livesNamed(name).some((life) => life !== leaver?.life) ? undefined : leaver;
  }

  /** Whoever has a way to a neighbor of the leaver hears of the goodbye by it. */
  private lostLeaver(life: Life, leaver: Leaver, reason: string): void {
    if (reason === 'left' || life.isLeaving) return;
    // Whoever passes on what its neighbors have lost, and not why, is sooner than the truth at some.
    if (this.mesh.liars.lyingUntil >= leaver.at) return;
    count(this.checks, 'a goodbye is heard', 1);
    const since = leaver.at - standsSinceMs;
    const reached = this.standing.reached(life, since);
    // A goodbye under way is lost with its connection.
    const { network } = this.mesh;
    const heard = leaver.neighbors.filter(({ member }) =>
      network.wasFree(leaver.life.member.host, member.host, since),
    );
    if (!heard.some((neighbor) => reached.has(neighbor))) return;
    this.fail(`${nameOf(life)} was told that ${leaver.life.node.name}, which left, is lost`);
  }

  private linkDown(life: Life, name: string, reason: string): void {
    if (meantReasons.has(reason) || this.mayBeMistaken(life)) return;
    const other = this.theOnly(name);
    if (other === undefined) return;
    if (other.isLeaving || life.isLeaving) return;
    // What was cut long ago may only be noticed now.
    if (reason === 'silent' && life.platform.loop.lastSlowAt >= this.since) return;
    // The other end was still at its handshake, and a leap of its clock left no time for it.
    const { lastLeapAt } = other.platform.clock;
    if (lastLeapAt >= this.since && !this.standing.holds(other, life.node.name, this.mesh.world.now)) return;
    count(this.checks, 'no link falls that nothing touches', 1);
    if (!this.standing.isFree(life, other, this.since)) return;
    this.fail(`the link of ${nameOf(life)} to ${name} went down (${reason}), though nothing touched it`);
  }

  private fail(text: string): void {
    this.mesh.world.fail(text);
  }
}

function nameOf(life: Life): string {
  return life.member.name;
}
