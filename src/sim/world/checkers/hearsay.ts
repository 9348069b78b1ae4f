/**
 * Hearsay: what each node knows of another must be what that one has announced, whoever passed it on.
 *
 * Who calls it: it looks at all nodes again and again while somebody lies and until the lies must be over;
 * `Safety` once more at the end. Invariant: compared are the nodes' own words, as they signed them, with what
 * others show as theirs: links, services, addresses, goodbyes. What liars said of themselves is left out.
 */

import { type Instance, idOf, type NodeId } from '../../../kernel/identity.ts';
import type { Announcement } from '../../../kernel/routing/announcement.ts';
import type { NodeInfo } from '../../../node/node.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';

const lookEveryMs = 300;
/** Problems of one look: one forged record is soon everywhere. */
const problemsMax = 3;

interface Announced {
  readonly life: Life;
  /** What it has said so far, version by version, in one line each. */
  readonly said: Set<string>;
  versions: number;
}

export class Hearsay {
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  /** Every life that ever was. */
  private readonly lives = new Map<Instance, Announced>();
  private readonly memberNames = new Set<string>();
  private isLooking = false;

  constructor(mesh: Mesh, checks: CheckCounts) {
    this.mesh = mesh;
    this.checks = checks;
    mesh.observers.push({
      started: (life) => this.started(life),
      lied: () => this.lookAgain(),
    });
  }

  /** What these nodes, as this life shows them, never said of themselves. */
  problemsOf(life: Life, nodes: readonly NodeInfo[]): string[] {
    const others = nodes.filter(({ self }) => !self);
    count(this.checks, 'of others only what they said themselves', others.length);
    return others
      .flatMap((node) => this.problemOf(node) ?? [])
      .map((problem) => `${life.member.name} ${problem}`);
  }

  private started(life: Life): void {
    this.lives.set(life.node.instance, { life, said: new Set(), versions: 0 });
    this.memberNames.add(life.node.name);
  }

  private lookAgain(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    const { world, liars } = this.mesh;
    world.after(lookEveryMs, () => {
      this.isLooking = false;
      for (const life of this.mesh.living) if (life.member.canAct) this.look(life);
      if (liars.disturbUntil >= world.now) this.lookAgain();
    });
  }

  /** Between two events of the world: nobody waits for the answer, which comes at once. */
  private look(life: Life): void {
    const { world } = this.mesh;
    life.node.nodes({ all: true }).then(
      (nodes) => {
        for (const problem of this.problemsOf(life, nodes).slice(0, problemsMax)) world.fail(problem);
      },
      () => undefined,
    );
    world.touchProgram();
  }

  private problemOf(node: NodeInfo): string | undefined {
    const announced = this.lives.get(node.instance);
    if (announced === undefined) return this.problemOfStranger(node);
    if (this.mesh.liars.hasLiedOfItself(announced.life)) return undefined;
    if (announced.life.node.name !== node.name)
      return `takes a life of ${announced.life.node.name} for ${node.name}`;
    const shown = textOf({ ...node, links: node.links.map((link) => this.idOf(link)) });
    if (this.saidBy(announced).has(shown)) return undefined;
    return `knows what ${node.name} never said of itself: ${shown}`;
  }

  /** An invented node is nobody's harm; an invented life of a member is, where none was claimed. */
  private problemOfStranger({ name, instance }: NodeInfo): string | undefined {
    const mayBeClaimed = this.mesh.liars.takeNamesUntil > Number.NEGATIVE_INFINITY;
    if (mayBeClaimed || !this.memberNames.has(name)) return undefined;
    return `knows a life of ${name} that never was: ${instance}`;
  }

  private saidBy(announced: Announced): ReadonlySet<string> {
    const versions = this.mesh.archive.announcedBy(announced.life.node.instance);
    for (; announced.versions < versions.length; announced.versions++)
      announced.said.add(textOf(versions[announced.versions] as Announcement));
    return announced.said;
  }

  /** Nodes without a record are shown by their id. */
  private idOf(link: string): NodeId {
    return this.mesh.namesEver.has(link) ? idOf(link) : Number(link);
  }
}

type Said = Pick<NodeInfo, 'left' | 'services' | 'addresses'> & { readonly links: readonly NodeId[] };

function textOf({ left, links, services, addresses }: Said): string {
  const lists = [[...links].sort((a, b) => a - b), services, addresses];
  const [linked, offered, at] = lists.map((list) => list.join(' '));
  return `${left ? 'left, ' : ''}links [${linked}], services [${offered}], addresses [${at}]`;
}
