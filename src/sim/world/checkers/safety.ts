/**
 * What must hold at any time, faults or not: the checkers that look while a run goes on.
 *
 * Who calls it: the simulation makes it before the first node starts and lets it look again and again; the
 * tests put a mesh of their own under it. Invariant: it stands outside the nodes, changes nothing, and
 * complains through the world.
 */

import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { SeededRandom } from '../random.ts';
import { type CheckCounts, checkLinks, checkQueues, count } from './checkers.ts';
import { CutOffs } from './cut-offs.ts';
import { Deaths } from './deaths.ts';
import { FrameWatch } from './frame-watch.ts';
import { Hearsay } from './hearsay.ts';
import { Namesakes } from './namesakes.ts';
import { Soundness } from './soundness.ts';
import { StandingLinks } from './standing.ts';
import { checkView } from './views.ts';

const allQueuesEveryMs = 5000;
/** Each look takes 2.5 s of the run. */
const viewEveryMs = 3000;

/** Checks a mesh while it runs, faults or not. What is wrong is reported with `World.fail`. */
export class Safety {
  /** Links that nothing has hindered for a while, at both ends and between them: for these nodes have no excuse. */
  readonly standing: StandingLinks;
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly random: SeededRandom;
  private readonly hearsay: Hearsay;
  private readonly everKnown = new Map<Life, Set<string>>();
  private queuesAt = 0;
  private viewAt = 0;

  constructor(mesh: Mesh, checks: CheckCounts) {
    this.mesh = mesh;
    this.checks = checks;
    this.random = mesh.world.random.fork('safety');
    this.standing = new StandingLinks(mesh);
    new Deaths(mesh, this.standing, checks);
    new FrameWatch(mesh, this.standing, checks);
    new Namesakes(mesh, this.standing, checks);
    new CutOffs(mesh, this.standing, checks);
    new Soundness(mesh, checks);
    this.hearsay = new Hearsay(mesh, checks);
    mesh.observers.push({
      started: (life) => this.everKnown.set(life, new Set()),
      stopped: (life) => this.everKnown.delete(life),
      knew: (life, name) => this.everKnown.get(life)?.add(name),
    });
  }

  /** Looks at what cannot be listened to. */
  async look(): Promise<void> {
    const { world } = this.mesh;
    await this.lookAtBacklogs();
    if (world.now >= this.queuesAt) {
      this.queuesAt = world.now + allQueuesEveryMs;
      this.complain(await checkQueues(this.mesh, this.checks));
    }
    if (world.now >= this.viewAt) {
      this.viewAt = world.now + viewEveryMs;
      await this.lookAtOne();
    }
  }

  /** A node forgets nobody, knows what others said, and keeps no more records than there were ever names. */
  async checkMemory(): Promise<string[]> {
    const known = await this.mesh.ask(({ node }) => Promise.all([node.nodes({ all: true }), node.status()]));
    count(this.checks, 'nobody is forgotten', known.size);
    return [...known].flatMap(([life, [nodes, status]]) => [
      ...this.forgottenBy(life, new Set(nodes.map(({ name }) => name))),
      ...this.hearsay.problemsOf(life, nodes),
      ...this.tooManyRecords(life, status.features.topology as { readonly records: number }),
    ]);
  }

  /** A queue only grows while its socket takes nothing: those are looked at each time. */
  private async lookAtBacklogs(): Promise<void> {
    for (const life of this.mesh.living) {
      if (!life.platform.hasBacklog) continue;
      const status = await this.mesh.askOne(life, ({ node }) => node.status());
      if (status !== undefined) this.complain(checkLinks(life, status));
    }
  }

  private async lookAtOne(): Promise<void> {
    const able = this.mesh.members.filter(({ canAct }) => canAct);
    if (able.length === 0) return;
    const { life } = this.random.pick(able);
    this.complain(await checkView(this.mesh, life as Life, this.checks));
    const nodes = await this.mesh.askOne(life as Life, ({ node }) => node.nodes({ all: true }));
    if (nodes !== undefined)
      this.complain(this.forgottenBy(life as Life, new Set(nodes.map(({ name }) => name))));
  }

  private forgottenBy(life: Life, listed: ReadonlySet<string>): string[] {
    const forgotten = [...(this.everKnown.get(life) ?? [])].filter((name) => !listed.has(name));
    return forgotten.length === 0 ? [] : [`${life.member.name} has forgotten ${forgotten.join(' ')}`];
  }

  private tooManyRecords(life: Life, { records }: { readonly records: number }): string[] {
    const ever = this.mesh.namesEver.size;
    return records <= ever
      ? []
      : [`${life.member.name} keeps ${records} records of ${ever} names that ever were`];
  }

  private complain(problems: readonly string[]): void {
    for (const problem of problems) this.mesh.world.fail(problem);
  }
}
