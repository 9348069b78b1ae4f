/**
 * When nodes of one name came into one network, and how large each knew its island to be before.
 *
 * Who calls it: the checker of namesakes. Invariant: it stands outside the nodes: who is in one network with
 * whom it sees from the links that both ends hold and the connections that are open; how many nodes a program
 * knows, from what it was told.
 */
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { NameQuestions } from './name-questions.ts';
import type { StandingLinks } from './standing.ts';

interface Encounter {
  readonly lives: readonly [Life, Life];
  readonly at: number;
  isOver: boolean;
}

/** How many nodes a program knew from then on, itself among them. */
interface Size {
  readonly at: number;
  readonly nodes: number;
}

export interface SizeRange {
  readonly least: number;
  readonly most: number;
}

/** What was decided at an encounter has been carried out after this. */
const keptMs = 30_000;
/** A question, its answer, and the half second for which the one that ends stays. */
const settledWithinMs = 1500;
/** Nodes count what they have known for a while, and the two do not count at the same moment. */
const countedWithinMs = 1500;

export class Encounters {
  private readonly mesh: Mesh;
  private readonly standing: StandingLinks;
  private readonly sizes = new Map<Life, Size[]>();
  private readonly doubled = new Set<string>();
  private encounters: Encounter[] = [];
  private readonly questions: NameQuestions;

  constructor(mesh: Mesh, standing: StandingLinks) {
    this.mesh = mesh;
    this.standing = standing;
    this.questions = new NameQuestions(mesh, keptMs, () => this.doubled.size > 0);
    mesh.observers.push({
      started: (life) => {
        this.sizes.set(life, [{ at: mesh.world.now, nodes: 1 }]);
        this.seekDoubled();
      },
      stopped: () => {
        this.seekDoubled();
        this.look();
      },
      knew: (life) => this.counted(life),
      lost: (life) => this.counted(life),
      linkUp: () => this.look(),
      linkDown: () => this.look(),
    });
  }

  /**
   * Each time at which the two came into one network lately, or one was asked about the other before, and gave its word:
   * the sizes of their islands before. If there is none they met in a handshake, just now; and if it was long ago something kept them
   * from settling it then.
   */
  islandsOf(one: Life, other: Life): readonly (readonly [SizeRange, SizeRange])[] {
    const { now } = this.mesh.world;
    const met = this.encounters.filter(({ lives, at }) => {
      return at >= now - keptMs && lives.includes(one) && lives.includes(other);
    });
    const times = met.map(({ at }) => at);
    if (!times.some((at) => now - at <= settledWithinMs)) times.push(now);
    // Of one that was asked later both knew the nodes of both islands.
    const asked = this.questions.timesOf([one.node.instance, other.node.instance]);
    times.push(...asked.filter((at) => met.length > 0 && met.every((encounter) => at < encounter.at)));
    return times.map((at) => [this.sizeAt(one, at), this.sizeAt(other, at)]);
  }

  private sizeAt(life: Life, at: number): SizeRange {
    const sizes = this.sizes.get(life) ?? [];
    const from = sizes.findLastIndex((size) => size.at <= at - countedWithinMs);
    const known = sizes.slice(Math.max(0, from)).filter((size) => size.at < at);
    const nodes = known.length === 0 ? [1] : known.map((size) => size.nodes);
    return { least: Math.min(...nodes), most: Math.max(...nodes) };
  }

  private counted(life: Life): void {
    const at = this.mesh.world.now;
    const sizes = this.sizes.get(life);
    if (sizes === undefined) return;
    sizes.push({ at, nodes: life.knows.size + 1 });
    // The last before the time that counts is the size at its beginning.
    while (sizes.length > 1 && (sizes[1] as Size).at < at - keptMs - countedWithinMs) sizes.shift();
  }

  private seekDoubled(): void {
    this.doubled.clear();
    const names = new Set<string>();
    for (const { node } of this.mesh.living) {
      if (names.has(node.name)) this.doubled.add(node.name);
      names.add(node.name);
    }
  }

  private look(): void {
    const { now } = this.mesh.world;
    for (const name of this.doubled) {
      const lives = this.mesh.livesNamed(name);
      for (const [i, one] of lives.entries()) {
        const reached = this.reachedFrom(one);
        for (const other of lives.slice(i + 1)) this.together(one, other, reached.has(other));
      }
    }
    this.encounters = this.encounters.filter(({ at }) => now - at < keptMs);
  }

  private together(one: Life, other: Life, areTogether: boolean): void {
    const last = this.encounters.findLast(({ lives }) => lives.includes(one) && lives.includes(other));
    if (last !== undefined && !last.isOver) last.isOver = !areTogether;
    else if (areTogether)
      this.encounters.push({ lives: [one, other], at: this.mesh.world.now, isOver: false });
  }

  /** Their link may not have noticed yet. */
  private areApart(a: Life, b: Life): boolean {
    const [one, other] = [a.member.host, b.member.host];
    return this.mesh.network.blocked(one, other) || this.mesh.network.blocked(other, one);
  }

  private reachedFrom(start: Life): Set<Life> {
    const { now } = this.mesh.world;
    const lifeOf = new Map<object, Life>(this.mesh.living.map((life) => [life.member.host, life]));
    const links = new Map<Life, Life[]>();
    for (const { isOpen, dialer, listener } of this.mesh.network.streams) {
      const [a, b] = [lifeOf.get(dialer.host), lifeOf.get(listener.host)];
      if (!isOpen || a === undefined || b === undefined || this.areApart(a, b)) continue;
      if (!this.standing.holds(a, b.node.name, now) || !this.standing.holds(b, a.node.name, now)) continue;
      links.set(a, [...(links.get(a) ?? []), b]);
      links.set(b, [...(links.get(b) ?? []), a]);
    }
    const reached = new Set([start]);
    for (const life of reached) for (const other of links.get(life) ?? []) reached.add(other);
    return reached;
  }
}
