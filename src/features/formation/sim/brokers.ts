/**
 * Checks the brokers of a formation: who is one, who follows whom, and that no epoch has two.
 *
 * Who calls it: the formation's workload and `FormationRun`. It believes only what programs are told. Invariant: an
 * epoch belongs to one life for the whole run, also after its end; what it complains of while faults last nothing has
 * excused for as long as checkers look back.
 */

import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { type StandingLinks, standsSinceMs } from '../../../sim/world/checkers/standing.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { StopManner } from '../../../sim/world/mesh-observer.ts';
import type { BrokerView } from '../core/formation-types.ts';

/** Whom a program follows, and since when. */
interface Followed {
  readonly view: BrokerView;
  readonly since: number;
}

/** What a broker that is lost announced goes with it at once; a turn of a slow program later at the latest. */
const dropWithinMs = 1000;

export class Brokers {
  private readonly mesh: Mesh;
  private readonly counts: CheckCounts;
  private readonly followed = new Map<Life, Followed>();
  private readonly epochs = new Map<number, Life>();
  /** The highest that each program was ever told of. */
  private readonly epochsSeen = new WeakMap<Life, number>();
  /** By life: the names that it was told are gone, with when and how. */
  private readonly gone = new WeakMap<Life, Map<string, { readonly at: number; readonly reason: string }>>();

  constructor(mesh: Mesh, counts: CheckCounts) {
    this.mesh = mesh;
    this.counts = counts;
    mesh.observers.push({
      started: (life) => this.watch(life),
      stopped: (life: Life, _how: StopManner) => this.followed.delete(life),
      knew: (life, name) => this.gone.get(life)?.delete(name),
      lost: (life, name, reason) => this.gone.get(life)?.set(name, { at: mesh.world.now, reason }),
    });
  }

  /** Who says that it is the broker itself. */
  get all(): readonly Life[] {
    return [...this.followed].flatMap(([life, { view }]) => (view.name === life.node.name ? [life] : []));
  }

  followedBy(life: Life): Followed | undefined {
    return this.followed.get(life);
  }

  /** The life that this one follows, where that says the same of itself; itself, where it is the broker. */
  brokerOf(life: Life): Life | undefined {
    const view = this.followed.get(life)?.view;
    return this.all.find((broker) => this.followed.get(broker)?.view.epoch === view?.epoch);
  }

  /** Since when, and how, a name is gone as far as this life was told; undefined: it is there, or never was. */
  goneTo(life: Life, name: string): { readonly at: number; readonly reason: string } | undefined {
    return this.gone.get(life)?.get(name);
  }

  /** All of them follow one broker, and it is one of them. */
  agree(lives: readonly Life[]): boolean {
    const [first] = lives;
    const view = first === undefined ? undefined : this.followed.get(first)?.view;
    if (view === undefined || !lives.some(({ node }) => node.name === view.name)) return false;
    const { name, epoch } = view;
    return lives.every((life) => {
      const followed = this.followed.get(life)?.view;
      return followed?.name === name && followed?.epoch === epoch;
    });
  }

  /** While faults last: whoever is connected with a broker follows it, or one that outranks it; nobody follows the dead. */
  look(standing: StandingLinks): void {
    const { now } = this.mesh.world;
    const since = now - standsSinceMs;
    if (this.mesh.liars.disturbUntil >= since) return;
    for (const broker of this.all) this.checkFollowed(broker, standing, since);
    for (const life of this.mesh.living) this.checkLeader(life, standing, since);
  }

  private checkFollowed(broker: Life, standing: StandingLinks, since: number): void {
    const own = this.followed.get(broker);
    if (own === undefined || own.since > since || standing.isDoubled(broker.node.name)) return;
    const { epoch = 0 } = own.view;
    for (const life of standing.reached(broker, since)) {
      count(this.counts, 'members follow the broker', 1);
      const view = this.followed.get(life)?.view;
      if ((view?.epoch ?? 0) >= epoch) continue;
      const followed = view === undefined ? 'nobody' : `${view.name} of epoch ${view.epoch}`;
      this.mesh.world.fail(
        `${life.node.name} follows ${followed}, connected all along with ${broker.node.name}, the broker of epoch ${epoch}`,
      );
    }
  }

  private checkLeader(life: Life, standing: StandingLinks, since: number): void {
    const followed = this.followed.get(life);
    if (followed === undefined || !standing.isSteady(life, since)) return;
    const { name = '', epoch } = followed.view;
    if (name === life.node.name || standing.isDoubled(name)) return;
    const { now } = this.mesh.world;
    count(this.counts, 'nobody follows the dead', 1);
    const lost = this.goneTo(life, name);
    if (lost !== undefined && now - Math.max(lost.at, followed.since) > dropWithinMs)
      this.mesh.world.fail(`${life.node.name} follows ${name}, of which it was told that it is gone`);
    const [leader] = this.mesh.livesNamed(name);
    if (leader === undefined || followed.since > since || !standing.connected(life, leader, since)) return;
    const own = this.followed.get(leader);
    const isBroker = own?.view.name === name && own.view.epoch === epoch;
    if (!isBroker && (own === undefined || own.since <= since))
      this.mesh.world.fail(
        `${life.node.name} follows ${name} of epoch ${epoch}, which has not been the broker for long`,
      );
  }

  private watch(life: Life): void {
    this.gone.set(life, new Map());
    life.node.events.addEventListener('formation:broker', ({ detail }) => this.heard(life, detail.broker));
  }

  private heard(life: Life, view: BrokerView | undefined): void {
    const { world } = this.mesh;
    world.note(`${life.node.name} follows ${view?.name ?? 'nobody'} ${view?.epoch ?? ''}`);
    if (view === undefined || !isRunning(life)) this.followed.delete(life);
    else this.followed.set(life, { view, since: world.now });
    if (view?.epoch === undefined) return;
    const seen = this.epochsSeen.get(life) ?? 0;
    this.epochsSeen.set(life, Math.max(seen, view.epoch));
    if (view.name !== life.node.name) return;
    count(this.counts, 'epochs rise', 1);
    if (view.epoch <= seen)
      world.fail(`${life.node.name} is the broker of epoch ${view.epoch}, and had followed epoch ${seen}`);
    count(this.counts, 'an epoch has one broker', 1);
    const other = this.epochs.get(view.epoch);
    if (other !== undefined && other !== life)
      world.fail(`epoch ${view.epoch} has two brokers: ${other.node.name} and ${life.node.name}`);
    this.epochs.set(view.epoch, life);
  }
}
