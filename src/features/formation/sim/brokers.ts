/**
 * Checks the brokers of a formation: who is one, for how long two are, and that no epoch has two.
 *
 * Who calls it: simulations of a formation. It believes only what programs are told. Invariant: an epoch belongs to
 * one life for the whole run, also after its end.
 */

import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Life, Mesh, StopManner } from '../../../sim/world/mesh.ts';
import type { BrokerView } from '../core/formation-types.ts';

export class Brokers {
  private readonly mesh: Mesh;
  private readonly counts: CheckCounts;
  private readonly followed = new Map<Life, BrokerView>();
  private readonly epochs = new Map<number, Life>();

  constructor(mesh: Mesh, counts: CheckCounts) {
    this.mesh = mesh;
    this.counts = counts;
    mesh.observers.push({
      started: (life) => this.watch(life),
      stopped: (life: Life, _how: StopManner) => this.followed.delete(life),
    });
  }

  /** Who says that it is the broker itself. */
  get all(): readonly Life[] {
    return [...this.followed].flatMap(([life, view]) => (view.name === life.node.name ? [life] : []));
  }

  /** All of them follow one broker, and it is one of them. */
  agree(lives: readonly Life[]): boolean {
    const [first] = lives;
    const view = first === undefined ? undefined : this.followed.get(first);
    if (view === undefined || !lives.some(({ node }) => node.name === view.name)) return false;
    const { name, epoch } = view;
    return lives.every((life) => {
      const followed = this.followed.get(life);
      return followed?.name === name && followed?.epoch === epoch;
    });
  }

  private watch(life: Life): void {
    life.node.events.addEventListener('formation:broker', ({ detail }) => this.heard(life, detail.broker));
  }

  private heard(life: Life, view: BrokerView | undefined): void {
    this.mesh.world.note(`${life.node.name} follows ${view?.name ?? 'nobody'} ${view?.epoch ?? ''}`);
    if (view === undefined) this.followed.delete(life);
    else this.followed.set(life, view);
    if (view?.epoch === undefined || view.name !== life.node.name) return;
    count(this.counts, 'an epoch has one broker', 1);
    const other = this.epochs.get(view.epoch);
    if (other !== undefined && other !== life)
      this.mesh.world.fail(`epoch ${view.epoch} has two brokers: ${other.node.name} and ${life.node.name}`);
    this.epochs.set(view.epoch, life);
  }
}
