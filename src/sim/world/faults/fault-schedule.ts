/**
 * When which fault happens: drawn from the seed, between a start and an end.
 *
 * Who calls it: the simulation. Invariant: every fault that began has ended when `healAll` returns,
 * whatever the time; faults of different names overlap, two of one name do not.
 */

import type { Mesh } from '../mesh.ts';
import type { SeededRandom } from '../random.ts';
import { type Fault, type FaultName, makeFault } from './faults.ts';

/** Short faults come most often; some are longer than it takes to be thought dead. */
const fault: { readonly lastsMinMs: number; readonly lastsMaxMs: number; readonly restMaxMs: number } = {
  lastsMinMs: 300,
  lastsMaxMs: 12_000,
  restMaxMs: 8000,
};

export class FaultSchedule {
  readonly happened: string[] = [];
  private readonly mesh: Mesh;
  private readonly until: number;
  private readonly active = new Set<Fault>();

  /** @param until World time after which nothing new begins. */
  constructor(mesh: Mesh, names: readonly FaultName[], until: number) {
    this.mesh = mesh;
    this.until = until;
    const random = mesh.world.random.fork('faults');
    for (const name of names) this.rest(name, random.fork(name));
  }

  healAll(): void {
    for (const active of [...this.active]) this.end(active);
  }

  private rest(name: FaultName, random: SeededRandom): void {
    this.mesh.world.after(random.between(0, fault.restMaxMs), () => this.begin(name, random));
  }

  private begin(name: FaultName, random: SeededRandom): void {
    const { world } = this.mesh;
    if (world.now >= this.until) return;
    const made = makeFault(name, this.mesh, random);
    if (made === undefined) {
      this.rest(name, random);
      return;
    }
    this.active.add(made);
    this.happened.push(`${(world.now / 1000).toFixed(1)} s: ${made.text}`);
    world.note(`fault ${made.text}`);
    this.mesh.tell((observer) => observer.faultBegan?.(made.name, made.text));
    made.start(this.mesh);
    // The square leans towards short ones.
    const lasts = fault.lastsMinMs + (fault.lastsMaxMs - fault.lastsMinMs) * random.next() ** 2;
    world.after(lasts, () => {
      if (!this.active.has(made)) return;
      this.end(made);
      this.rest(name, random);
    });
  }

  private end(ending: Fault): void {
    this.active.delete(ending);
    this.mesh.world.note(`fault over: ${ending.text}`);
    ending.end(this.mesh);
    this.mesh.tell((observer) => observer.faultEnded?.(ending.text));
  }
}
