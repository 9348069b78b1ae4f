/**
 * Judges every `node:down` and `link:down` that a member told, and measures how soon true ones were told.
 *
 * Used by the judge. Invariant: a claim is judged only once everyone has reported past it, or had ample time
 * to (a stopped process reports late, a killed one never).
 */
import type { History, Life } from './history.ts';
import { endedWithoutCause, soundLives, soundPath, soundReach, windowBefore } from './paths.ts';
import type { Seen } from './protocol.ts';
import { storyOf } from './story.ts';

/** A stop of 5 s, its report and some more. */
const settleMs = 10_000;

interface Claim {
  readonly life: Life;
  readonly seen: Seen;
  readonly about: 'node' | 'link';
}

export interface DeathFinding {
  readonly kind: 'false death' | 'false end of a link';
  readonly text: string;
  /** What the diaries hold of those on the way. */
  readonly story: readonly string[];
}

export class Deaths {
  private readonly history: History;
  private waiting: Claim[] = [];
  /** Names of nodes told down, however rightly. */
  told = 0;
  /** Pairs of members that were looked at, and those between which a death would have been false just then. */
  readonly pairs = { looked: 0, sound: 0 };

  constructor(history: History) {
    this.history = history;
  }

  note(life: Life, nodes: readonly Seen[], links: readonly Seen[]): void {
    for (const seen of nodes) if (!seen.up) this.waiting.push({ life, seen, about: 'node' });
    for (const seen of links) if (!seen.up) this.waiting.push({ life, seen, about: 'link' });
    this.told += nodes.filter(({ up }) => !up).length;
  }

  /** What is wrong with the claims that are old enough; with `all` they all are. */
  judge(now: number, all = false): DeathFinding[] {
    const isRipe = ({ seen }: Claim): boolean => all || now - seen.atMs >= settleMs;
    const ripe = this.waiting.filter(isRipe);
    this.waiting = this.waiting.filter((claim) => !isRipe(claim));
    return ripe.flatMap((claim) => (claim.about === 'node' ? this.node(claim) : this.link(claim)) ?? []);
  }

  /** How much of the mesh the judgment covers: from one member to all others, some time ago. */
  sample(names: readonly string[], now: number): void {
    const toMs = now - settleMs;
    const from = names[this.pairs.looked % names.length] as string;
    this.pairs.looked += names.length - 1;
    const reached = soundReach(this.history, from, windowBefore(toMs));
    this.pairs.sound += Math.max(0, reached.size - 1);
  }

  private node({ life, seen }: Claim): DeathFinding | undefined {
    const target = `${seen.node} was told down (${seen.reason}) by ${nameOf(life)} at ${this.history.timeOf(seen.atMs)}`;
    if (seen.reason === 'left') {
      const text = `${target}, but never left`;
      return this.hasLeft(seen) ? undefined : this.finding('false death', text, [seen.node], seen);
    }
    const path = soundPath(this.history, life.name, seen.node, windowBefore(seen.atMs));
    if (path === undefined) return undefined;
    return this.finding(
      'false death',
      `${target}, although ${path.join(' - ')} stood all the time`,
      path,
      seen,
    );
  }

  private finding(
    kind: DeathFinding['kind'],
    text: string,
    names: readonly string[],
    { atMs }: Seen,
  ): DeathFinding {
    return { kind, text, story: storyOf(this.history, names, atMs) };
  }

  /** At the end of the run each is told to leave. */
  private hasLeft({ node, atMs }: Seen): boolean {
    return this.history
      .livesOf(node)
      .some(({ killed, endedMs }) => !killed && endedMs !== undefined && endedMs <= atMs);
  }

  private link({ life, seen }: Claim): DeathFinding | undefined {
    const far = soundLives(this.history, windowBefore(seen.atMs)).get(seen.node);
    if (far === undefined || !endedWithoutCause(this.history, life, far, seen.atMs)) return undefined;
    const text = `${nameOf(life)} lost its link to ${nameOf(far)} (${seen.reason}) at ${this.history.timeOf(seen.atMs)}, and nothing had happened to either`;
    return this.finding('false end of a link', text, [life.name, far.name], seen);
  }
}

export function nameOf({ name, number }: Life): string {
  return `${name}/${number}`;
}
