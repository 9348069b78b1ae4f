/**
 * What stood all along: links whose both ends, and the path between, nothing has hindered since a time.
 *
 * Who calls it: the checkers of safety, which must know what no fault excuses. Invariant: it errs on the
 * side of the nodes: a link counts only when both programs hold it, both event loops have turned, neither
 * end has lied, and nothing between the two was blocked, late or cut, all since that time.
 */
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';

/**
 * How far back nothing may have happened: a node that was hindered before may still be believed dead, and
 * news of a link that came up before has reached everybody by now.
 */
export const standsSinceMs = 8000;

export class StandingLinks {
  /** The last time that any link came or went, or a program ended. */
  changedAt = 0;
  private readonly mesh: Mesh;
  /** Of each life: the names it is linked to, with the time of it. */
  private readonly links = new Map<Life, Map<string, number>>();
  /** By name: when the last of several nodes of this name ended. */
  private readonly doubledUntil = new Map<string, number>();

  constructor(mesh: Mesh) {
    this.mesh = mesh;
    mesh.observers.push({
      started: (life) => this.links.set(life, new Map()),
      stopped: (life) => {
        this.changedAt = mesh.world.now;
        this.links.delete(life);
        if (mesh.livesNamed(life.node.name).length > 0) this.doubledUntil.set(life.node.name, mesh.world.now);
      },
      linkUp: (life, name) => this.changed(life, (names) => names.set(name, mesh.world.now)),
      linkDown: (life, name) => this.changed(life, (names) => names.delete(name)),
    });
  }

  private changed(life: Life, change: (names: Map<string, number>) => void): void {
    this.changedAt = this.mesh.world.now;
    const names = this.links.get(life);
    if (names !== undefined) change(names);
  }

  /** A path of links between the two has stood since then. */
  connected(from: Life, to: Life, since: number): boolean {
    return this.reached(from, since).has(to);
  }

  /** Every life to which a path has stood since then; only itself where it was hindered. */
  reached(from: Life, since: number): Set<Life> {
    const seen = new Set([from]);
    if (!this.isSteady(from, since)) return seen;
    const steady = this.steadyByName(since);
    for (const life of seen) for (const other of this.neighbors(life, steady, since)) seen.add(other);
    return seen;
  }

  /** It has run, kept up and told the truth since then. */
  isSteady(life: Life, since: number): boolean {
    if (life.member.life !== life || life.isLeaving) return false;
    if (this.mesh.liars.isSuspect(life, since)) return false;
    return life.startedAt <= since && life.platform.loop.lastBehindAt < since;
  }

  /** Two steady lives with nothing between them. */
  isFree(a: Life, b: Life, since: number): boolean {
    const isSteady = this.isSteady(a, since) && this.isSteady(b, since);
    return isSteady && this.mesh.network.wasFree(a.member.host, b.member.host, since);
  }

  /**
   * Several nodes have this name, or had until a moment ago: what is known of one may still be believed of the
   * other, and whoever is reached by it suffers as well.
   */
  isDoubled(name: string): boolean {
    return this.wasDoubled(name) || this.mesh.livesNamed(name).length > 1;
  }

  /** It says itself that it has a link to this name, and had it then. */
  holds(life: Life, name: string, since: number): boolean {
    const at = this.links.get(life)?.get(name);
    return at !== undefined && at <= since;
  }

  neighborsOf(life: Life, since: number): Life[] {
    return this.neighbors(life, this.steadyByName(since), since);
  }

  private neighbors(life: Life, steady: ReadonlyMap<string, Life>, since: number): Life[] {
    const found: Life[] = [];
    for (const [name, at] of this.links.get(life) ?? []) {
      const other = steady.get(name);
      if (other === undefined || at > since || !this.holds(other, life.node.name, since)) continue;
      if (this.mesh.network.wasFree(life.member.host, other.member.host, since)) found.push(other);
    }
    return found;
  }

  /** Namesakes are left out: a name alone does not say which of them is meant. */
  private steadyByName(since: number): Map<string, Life> {
    const lives = new Map<string, Life>();
    const doubled = new Set<string>();
    for (const life of this.mesh.living) {
      const { name } = life.node;
      if (lives.has(name) || this.wasDoubled(name)) doubled.add(name);
      lives.set(name, life);
    }
    for (const [name, life] of lives)
      if (doubled.has(name) || !this.isSteady(life, since)) lives.delete(name);
    return lives;
  }

  private wasDoubled(name: string): boolean {
    const until = this.doubledUntil.get(name) ?? Number.NEGATIVE_INFINITY;
    return this.mesh.world.now - until < standsSinceMs;
  }
}
