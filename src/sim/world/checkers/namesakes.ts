/**
 * Who must give a name up: of two living nodes of one name the one of the smaller island, of islands of one
 * size the younger, and nobody else.
 *
 * Who calls it: it listens to the mesh. Invariant: a node that ends by itself for its name's sake is
 * excused only by another life of that name that lived then, or a moment before, had not given the name up
 * itself, and had no smaller island before they met, and, if no larger one, was no younger; sizes are taken
 * from what the programs were told and ages from the nodes' own clocks, since that is what they compare.
 */

import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { StopManner } from '../mesh-observer.ts';
import { type CheckCounts, count } from './checkers.ts';
import { Encounters } from './encounters.ts';
import type { StandingLinks } from './standing.ts';

/** Ages closer than this count as equal: they are read as far apart as a question is on its way. */
const ageToleranceMs = 500;
/** A life may have answered a probe and ended before the younger read the answer. */
const answeredBeforeMs = 15_000;
/** It had decided, and half a second by its own clock was left to it: a leap since then did not make it older. */
const decidedBeforeMs = 1000;

interface Ended {
  readonly life: Life;
  readonly at: number;
  readonly ageMs: number;
}

export class Namesakes {
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly encounters: Encounters;
  private ended: Ended[] = [];

  constructor(mesh: Mesh, standing: StandingLinks, checks: CheckCounts) {
    this.encounters = new Encounters(mesh, standing);
    this.mesh = mesh;
    this.checks = checks;
    mesh.observers.push({
      stopped: (life, how) => this.stopped(life, how),
      ended: (life, { code }) => code === 'SKEIN_NAME_TAKEN' && this.isExcused(life),
    });
  }

  private stopped(life: Life, how: StopManner): void {
    const at = this.mesh.world.now;
    this.ended = this.ended.filter((one) => at - one.at < answeredBeforeMs);
    // Who gave its name up keeps it from nobody: of two that are as old as each other one must stay.
    if (how === 'ended') return;
    this.ended.push({ life, at, ageMs: ageMs(life) });
  }

  private isExcused(life: Life): boolean {
    count(this.checks, 'of two of one name the right one ends', 1);
    const { name } = life.node;
    const others = this.mesh.livesNamed(name).filter((other) => other !== life);
    const rivals = [
      ...others.map((other) => ({ life: other, ageMs: ageMs(other) })),
      ...this.ended.filter((one) => one.life.node.name === name),
    ];
    return rivals.some((rival) => this.mayLose(life, rival));
  }

  private mayLose(life: Life, rival: Pick<Ended, 'life' | 'ageMs'>): boolean {
    const { lastLeapAt, lastLeapMs } = life.platform.clock;
    const leapMs = this.mesh.world.now - lastLeapAt < decidedBeforeMs ? lastLeapMs : 0;
    const isNoOlder = rival.ageMs + ageToleranceMs >= ageMs(life) - leapMs;
    return this.encounters
      .islandsOf(life, rival.life)
      .some(([own, other]) => other.most > own.least || (other.most === own.least && isNoOlder));
  }
}

/** Two living nodes of one name in one mesh, when all has been well for long. */
export function checkNamesUnique(mesh: Mesh): string[] {
  const names = mesh.living.map(({ node }) => node.name);
  const doubled = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  return doubled.map((name) => `two nodes are called ${name}`);
}

function ageMs(life: Life): number {
  return life.platform.now() - life.startedAtLocal;
}
