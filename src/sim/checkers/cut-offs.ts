/**
 * Cut-offs: who passes on forged records, or floods the mesh, loses the neighbor he does it to, and is named.
 *
 * Who calls it: it listens to what liars send. Invariant: it complains only where the records must have
 * arrived: the link was there before and is there still, the neighbor kept up and nothing was between the two.
 */
import { limits } from '../../core/limits.ts';
import type { Host } from '../machine/host.ts';
import type { Life, Mesh, Misconduct } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';
import type { StandingLinks } from './standing.ts';

/** Longer than bytes that are not late take to arrive. */
const withinMs = 3000;
/** A younger link may be one of two, and about to close. */
const linkAgeMs = 1000;
/** Of a flood so many may be old news when they come: a relay that was faster than the link has brought a later version. */
const overtakenMax = 1200;
/** Versions of one origin beyond this are too many, whatever else came in. */
const floodMin = limits.excessRecordsBurst + 2 * limits.recordsBurst + overtakenMax;
const floodPerSecond = limits.excessRecordsPerSecond + 2 * limits.recordsPerSecond;

interface Offense {
  readonly liar: Life;
  readonly victim: Life;
  readonly how: Misconduct;
}

interface Flood {
  readonly since: number;
  records: number;
}

export class CutOffs {
  private readonly mesh: Mesh;
  private readonly standing: StandingLinks;
  private readonly checks: CheckCounts;
  /** By liar: to whom it has sent what nobody may send. */
  private readonly victims = new Map<Life, Set<Life>>();
  /** By liar, then by victim: what has come over the link that is there. */
  private readonly floods = new Map<Life, Map<Life, Flood>>();

  constructor(mesh: Mesh, standing: StandingLinks, checks: CheckCounts) {
    this.mesh = mesh;
    this.standing = standing;
    this.checks = checks;
    mesh.observers.push({
      misbehaved: (liar, to, how, records) => this.misbehaved(liar, to, how, records),
      linkDown: (life, name, reason) => this.linkDown(life, name, reason),
      stopped: (life) => this.floods.delete(life),
    });
  }

  private misbehaved(liar: Life, to: Host, how: Misconduct, records: number): void {
    const victim = this.mesh.living.find(({ member }) => member.host === to);
    if (victim === undefined) return;
    this.victims.set(liar, (this.victims.get(liar) ?? new Set()).add(victim));
    if (how === 'flooded' && !this.isFlood(liar, victim, records)) return;
    const { world } = this.mesh;
    const at = world.now;
    world.after(withinMs, () => this.check({ liar, victim, how }, at));
  }

  /** Too many by now, and not only with those that are on their way. */
  private isFlood(liar: Life, victim: Life, records: number): boolean {
    const { now } = this.mesh.world;
    const victims = this.floods.get(liar) ?? new Map<Life, Flood>();
    const flood = victims.get(victim) ?? { since: now, records: 0 };
    flood.records += records;
    this.floods.set(liar, victims.set(victim, flood));
    return flood.records > floodMin + (floodPerSecond * (now - flood.since)) / 1000;
  }

  private linkDown(life: Life, name: string, reason: string): void {
    for (const [liar, victims] of this.floods) if (liar.node.name === name) victims.delete(life);
    if (reason === 'protocol' && this.isJudge(life, name)) void this.checkNamed(life, name);
  }

  /** Both ends are told the same reason: of two liars nobody knows who has judged whom. */
  private isJudge(life: Life, name: string): boolean {
    const hasOffended = [...(this.victims.get(life) ?? [])].some(({ node }) => node.name === name);
    if (hasOffended) return false;
    return [...this.victims].some(([liar, all]) => liar.node.name === name && isThere(liar) && all.has(life));
  }

  private check({ liar, victim, how }: Offense, at: number): void {
    const { mesh, standing } = this;
    const { name } = liar.node;
    if (!isThere(liar) || standing.isDoubled(name) || !standing.isSteady(victim, at)) return;
    if (!mesh.network.wasFree(liar.member.host, victim.member.host, at)) return;
    count(this.checks, 'who forges or floods is cut off', 1);
    if (!standing.holds(victim, name, at - linkAgeMs)) return;
    mesh.world.fail(`${victim.member.name} still has its link to ${name}, which has ${how} records to it`);
  }

  /** Whoever ends a link for what came over it says so in its status. */
  private async checkNamed(life: Life, name: string): Promise<void> {
    count(this.checks, 'who is cut off is named', 1);
    const status = await life.node.status().catch(() => undefined);
    if (status === undefined) return;
    const { cutOff } = status.features.topology as { readonly cutOff: readonly { readonly name: string }[] };
    if (cutOff.some((one) => one.name === name)) return;
    this.mesh.world.fail(`${life.member.name} cut ${name} off and does not name it`);
  }
}

function isThere(life: Life): boolean {
  return life.member.life === life && !life.isLeaving;
}
