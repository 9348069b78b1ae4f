/**
 * The broker's registry: who is in the formation, where, and what it offers, each on a lease.
 *
 * Who calls it: the broker, for each hail and each request to pair. Invariant: a name belongs to the address that
 * hailed for it first until its lease ends or its connection does; whoever does not renew in time is forgotten, and
 * told of by `expire` once. A hail and a look-up cost the same however many there are.
 */

import type { Hail } from './formation-messages.ts';
import { formationLimits } from './limits.ts';

/** Whose hails they are: a node's id as text, or the number of a nanomsg program's connection. */
export type Holder = number | string;

export interface RegistryEntry {
  readonly name: string;
  readonly address: string;
  readonly services: readonly string[];
  readonly holder: Holder;
  /** The lease ends then unless it is renewed. */
  readonly until: number;
}

/** `taken`: another holds the name. `full`: the registry has no room. `new` and `changed` are news to others. */
export type HailResult = 'new' | 'renewed' | 'changed' | 'taken' | 'full';

export class Registry {
  /** By name, the one whose lease ends first at the front: a renewed one goes to the end. */
  private readonly entries = new Map<string, RegistryEntry>();
  /** By service: names, the one that was found last at the end. */
  private readonly offers = new Map<string, Set<string>>();
  private readonly names = new Map<Holder, Set<string>>();
  /** Of all texts in it. */
  private characters = 0;

  get size(): number {
    return this.entries.size;
  }

  hail({ name, address, services }: Hail, holder: Holder, now: number): HailResult {
    const known = this.entries.get(name);
    if (known !== undefined && known.address !== address && known.until > now) return 'taken';
    const isSame = known !== undefined && known.address === address && isSameList(known.services, services);
    const until = now + formationLimits.formationLeaseMs;
    if (isSame && known.holder === holder) {
      this.entries.delete(name);
      this.entries.set(name, { ...known, until });
      return 'renewed';
    }
    const entry = { name, address, services, holder, until };
    if (!this.hasRoom(entry, known)) return 'full';
    if (known !== undefined) this.forget(name);
    this.add(entry);
    if (isSame) return 'renewed';
    return known === undefined ? 'new' : 'changed';
  }

  get(name: string): RegistryEntry | undefined {
    return this.entries.get(name);
  }

  /** Of that name, else one that offers a service of that name and is available: each in its turn. */
  find(
    nameOrService: string,
    isAvailable: (name: string) => boolean = () => true,
  ): RegistryEntry | undefined {
    const named = this.entries.get(nameOrService);
    if (named !== undefined) return named;
    const offering = this.offers.get(nameOrService);
    const first = firstOf(offering ?? [], isAvailable);
    if (offering === undefined || first === undefined) return undefined;
    offering.delete(first);
    offering.add(first);
    return this.entries.get(first);
  }

  all(): Iterable<RegistryEntry> {
    return this.entries.values();
  }

  forget(name: string): RegistryEntry | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    this.entries.delete(name);
    this.characters -= charactersOf(entry);
    remove(this.names, entry.holder, name);
    for (const service of entry.services) remove(this.offers, service, name);
    return entry;
  }

  /** Its connection has ended, or it has left: what it held is free at once. */
  forgetHolder(holder: Holder): RegistryEntry[] {
    const names = [...(this.names.get(holder) ?? [])];
    return names.flatMap((name) => this.forget(name) ?? []);
  }

  /** Whose leases are over. */
  expire(now: number): RegistryEntry[] {
    const expired: RegistryEntry[] = [];
    for (const entry of this.entries.values()) {
      if (entry.until > now) break;
      expired.push(entry);
    }
    for (const { name } of expired) this.forget(name);
    return expired;
  }

  /** When the next lease ends. */
  nextDeadline(): number {
    const [first] = this.entries.values();
    return first?.until ?? Number.POSITIVE_INFINITY;
  }

  /** @param known The entry whose place it takes. */
  private hasRoom(entry: RegistryEntry, known: RegistryEntry | undefined): boolean {
    const freed = known === undefined ? 0 : charactersOf(known);
    if (this.characters - freed + charactersOf(entry) > formationLimits.registryCharactersMax) return false;
    if (known?.holder === entry.holder) return true;
    const held = this.names.get(entry.holder)?.size ?? 0;
    const isMore = known === undefined && this.entries.size >= formationLimits.registryEntriesMax;
    return !isMore && held < formationLimits.registryNamesPerHolderMax;
  }

  private add(entry: RegistryEntry): void {
    this.entries.set(entry.name, entry);
    this.characters += charactersOf(entry);
    put(this.names, entry.holder, entry.name);
    for (const service of entry.services) put(this.offers, service, entry.name);
  }
}

/** Mostly it is the first one: they are many. */
function firstOf(names: Iterable<string>, isFit: (name: string) => boolean): string | undefined {
  for (const name of names) if (isFit(name)) return name;
  return undefined;
}

function put<Key>(map: Map<Key, Set<string>>, key: Key, name: string): void {
  const names = map.get(key);
  if (names === undefined) map.set(key, new Set([name]));
  else names.add(name);
}

function remove<Key>(map: Map<Key, Set<string>>, key: Key, name: string): void {
  const names = map.get(key);
  if (names?.delete(name) === true && names.size === 0) map.delete(key);
}

function charactersOf({ name, address, services }: RegistryEntry): number {
  return services.reduce((sum, service) => sum + service.length, name.length + address.length);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, i) => item === other[i]);
}
