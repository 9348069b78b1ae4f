/**
 * What a broker answers: to hails, to requests to pair, to whoever is none of its members.
 *
 * Who calls it: whoever is bound to a formation's address, with each message that comes there. Pure: messages and
 * time in, answers as data out. Invariant: a Link names two that the registry holds at this moment (or the broker
 * itself); a request that comes to nothing is answered with a Fail that says why.
 */
import { limits } from '../../limits.ts';
import type { FormationMessage, Hail } from './formation-messages.ts';
import { type Holder, Registry, type RegistryEntry } from './registry.ts';

export interface BrokerAnswer {
  /** `all`: everybody in the formation; whoever is not named in it ignores it, as in vee. */
  readonly to: 'all' | Holder;
  readonly message: FormationMessage;
}

/** The broker is a member too, and can be paired with. */
export type BrokerSelf = Omit<Hail, 'type'>;

const nothing: readonly BrokerAnswer[] = [];

export class Broker {
  readonly registry = new Registry();
  /** Messages that a broker is not sent. */
  misdirected = 0;
  private readonly self: BrokerSelf;
  /** Names that were members a while ago, the longest gone first. */
  private readonly gone = new Set<string>();

  constructor(self: BrokerSelf) {
    this.self = self;
  }

  received(message: FormationMessage, from: Holder, now: number): readonly BrokerAnswer[] {
    switch (message.type) {
      case 'Hail':
        return this.hailed(message, from, now);
      case 'Pair':
        return this.asked(message.originator, message.destination, from);
      default:
        this.misdirected++;
        return nothing;
    }
  }

  isSelf(name: string): boolean {
    return name === this.self.name;
  }

  /** A connection has ended: what it held is free. @returns who is gone with it. */
  ended(holder: Holder): readonly RegistryEntry[] {
    return this.forgotten(this.registry.forgetHolder(holder));
  }

  /** @returns whose leases are over. */
  expire(now: number): readonly RegistryEntry[] {
    return this.forgotten(this.registry.expire(now));
  }

  nextDeadline(): number {
    return this.registry.nextDeadline();
  }

  private hailed(hail: Hail, from: Holder, now: number): readonly BrokerAnswer[] {
    const { name } = hail;
    const result = name === this.self.name ? 'taken' : this.registry.hail(hail, from, now);
    if (result === 'new') this.gone.delete(name);
    if (result === 'taken') return [fail(from, name, `${name} is ${this.addressOf(name)} already`)];
    if (result === 'full')
      return [fail(from, name, `the formation has no room: ${limits.registryEntriesMax} are in it`)];
    return nothing;
  }

  private asked(originator: string, destination: string, from: Holder): readonly BrokerAnswer[] {
    const origin = originator === this.self.name ? this.self : this.registry.get(originator);
    if (origin === undefined)
      return [fail(from, originator, `${originator} is not in the formation: it has to hail first`)];
    const found = this.find(destination);
    if (found === undefined) return [fail('all', originator, this.whyNot(destination))];
    if (found.name === originator)
      return [fail('all', originator, `${originator} cannot be paired with itself`)];
    const message: FormationMessage = {
      type: 'Link',
      originName: originator,
      destinationName: found.name,
      address: origin.address,
    };
    return [{ to: 'all', message }];
  }

  private find(destination: string): BrokerSelf | undefined {
    const { self } = this;
    if (destination === self.name) return self;
    return this.registry.find(destination) ?? (self.services.includes(destination) ? self : undefined);
  }

  private whyNot(destination: string): string {
    return this.gone.has(destination)
      ? `${destination} is gone: it has not hailed for ${limits.formationLeaseMs / 1000} s, or has left`
      : `nobody in the formation is called ${destination} or offers it`;
  }

  private addressOf(name: string): string {
    return name === this.self.name ? this.self.address : (this.registry.get(name)?.address ?? '');
  }

  private forgotten(entries: readonly RegistryEntry[]): readonly RegistryEntry[] {
    for (const { name } of entries) {
      this.gone.delete(name);
      this.gone.add(name);
    }
    for (const oldest of this.gone) {
      if (this.gone.size <= limits.formationGoneMax) break;
      this.gone.delete(oldest);
    }
    return entries;
  }
}

function fail(to: BrokerAnswer['to'], offender: string, explanation: string): BrokerAnswer {
  return { to, message: { type: 'Fail', offender, explanation } };
}
