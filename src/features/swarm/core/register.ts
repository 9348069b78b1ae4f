/**
 * The broker's register of all nodes that were ever here: names in memory, the rest in the store.
 *
 * Made by the swarm's behavior. Invariant: a name that is in the store or in the mesh is in it, once it is loaded.
 */
import type { NodeEntry } from '../../../kernel/contracts.ts';
import { swarmLimits } from './limits.ts';
import type { Sight } from './swarm-types.ts';

export class Register {
  private readonly seen = new Set<string>();
  /** Seen since they were written last. */
  private readonly unwritten = new Map<string, Sight>();

  get hasUnwritten(): boolean {
    return this.unwritten.size > 0;
  }

  has(name: string): boolean {
    return this.seen.has(name);
  }

  names(): Iterable<string> {
    return this.seen;
  }

  clear(): void {
    this.seen.clear();
    this.unwritten.clear();
  }

  forget(name: string): void {
    this.seen.delete(name);
    this.unwritten.delete(name);
  }

  loaded(names: readonly string[]): void {
    for (const name of names) this.seen.add(name);
  }

  /** @param at Unix milliseconds. False: there is no room for another name. */
  saw(
    { name, services, addresses }: Pick<NodeEntry, 'name' | 'services' | 'addresses'>,
    at: number,
  ): boolean {
    if (!this.seen.has(name) && this.seen.size >= swarmLimits.swarmNodesMax) return false;
    this.seen.add(name);
    this.unwritten.set(name, { name, at: Math.floor(at), services, addresses });
    return true;
  }

  /** What is to be written, many at once. */
  takeUnwritten(): readonly Sight[] {
    const sights = [...this.unwritten.values()].slice(0, swarmLimits.swarmNodesPerPage);
    for (const { name } of sights) this.unwritten.delete(name);
    return sights;
  }
}

/** Undefined: the page was the last one. */
export function lastOfWhole<Row>(page: readonly Row[]): Row | undefined {
  return page.length < swarmLimits.swarmNodesPerPage ? undefined : page.at(-1);
}
