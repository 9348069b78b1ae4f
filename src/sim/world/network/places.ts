/**
 * Addresses that any program of one machine may bind, besides the one that each program has of its own.
 *
 * Who calls it: the platforms (bind, release), dials (who listens there). Invariant: an address has one holder at a
 * time, and is free at once when that one ends, as a machine closes the sockets of its dead programs.
 */
import type { Host } from '../machine/host.ts';

interface Place {
  /** Programs of this machine, each with a host of its own in the simulation. More may come. */
  readonly machine: readonly Host[];
  holder: Host | undefined;
}

export class Places {
  private readonly places = new Map<string, Place>();

  /** @param machine Whose address it is: at least one. */
  add(address: string, machine: readonly Host[]): void {
    if (machine.length === 0) throw new Error(`the address ${address} is nobody's`);
    this.places.set(address, { machine, holder: undefined });
  }

  bind(address: string, host: Host): 'bound' | 'taken' | 'elsewhere' {
    const place = this.places.get(address);
    if (place?.machine.includes(host) !== true) return 'elsewhere';
    if (place.holder !== undefined) return 'taken';
    place.holder = host;
    return 'bound';
  }

  release(address: string, host: Host): void {
    const place = this.places.get(address);
    if (place?.holder === host) place.holder = undefined;
  }

  releaseAll(host: Host): void {
    for (const place of this.places.values()) if (place.holder === host) place.holder = undefined;
  }

  /** Who has bound it; undefined: nobody. */
  holder(address: string): Host | undefined {
    return this.places.get(address)?.holder;
  }

  /** The machine that answers for the address, and whether somebody listens there; undefined: no such address. */
  at(address: string): { readonly host: Host; readonly isBound: boolean } | undefined {
    const place = this.places.get(address);
    if (place === undefined) return undefined;
    const { holder, machine } = place;
    return { host: holder ?? (machine[0] as Host), isBound: holder !== undefined };
  }
}
