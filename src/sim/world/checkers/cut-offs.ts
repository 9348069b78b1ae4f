/**
 * Cut-offs: who passes on forged records, or floods the mesh, loses the neighbor he does it to, and is named.
 *
 * Who calls it: it listens to what liars send and to what arrives. Invariant: it complains only where the
 * records must have arrived: the link was there before and is there still, the neighbor kept up and nothing
 * was between the two.
 */
import type { Host } from '../machine/host.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';
import { FloodWatch } from './flood-watch.ts';
import type { StandingLinks } from './standing.ts';

/** Longer than bytes that are not late take to arrive. */
const withinMs = 3000;
/** A younger link may be one of two, and about to close. */
const linkAgeMs = 1000;

interface Offense {
  readonly liar: Life;
  readonly victim: Life;
  readonly how: 'forged' | 'flooded';
}

export class CutOffs {
  private readonly mesh: Mesh;
  private readonly standing: StandingLinks;
  private readonly checks: CheckCounts;
  /** By liar: to whom it has sent what nobody may send. */
  private readonly victims = new Map<Life, Set<Life>>();

  constructor(mesh: Mesh, standing: StandingLinks, checks: CheckCounts) {
    this.mesh = mesh;
    this.standing = standing;
    this.checks = checks;
    new FloodWatch(mesh, {
      began: (liar, victim) => this.mayCutOff(victim, liar),
      exceeded: (liar, victim) => this.mustCutOff({ liar, victim, how: 'flooded' }),
    });
    mesh.observers.push({
      forged: (liar, to) => this.forged(liar, to),
      linkDown: (life, name, reason) => this.linkDown(life, name, reason),
    });
  }

  private forged(liar: Life, to: Host): void {
    const victim = this.mesh.living.find(({ member }) => member.host === to);
    if (victim === undefined) return;
    this.mayCutOff(victim, liar);
    this.mustCutOff({ liar, victim, how: 'forged' });
  }

  private mayCutOff(victim: Life, liar: Life): void {
    this.victims.set(liar, (this.victims.get(liar) ?? new Set()).add(victim));
  }

  private mustCutOff(offense: Offense): void {
    const { world } = this.mesh;
    const at = world.now;
    world.after(withinMs, () => this.check(offense, at));
  }

  private linkDown(life: Life, name: string, reason: string): void {
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
