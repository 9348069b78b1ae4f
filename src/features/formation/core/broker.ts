/**
 * What a broker answers: to hails, to requests to pair, to whoever is none of its members.
 *
 * Who calls it: whoever is bound to a formation's address, with each message that comes there. Pure: messages and
 * time in, answers as data out. Invariant: a Link names two that the registry holds at this moment (or the broker
 * itself); a request that comes to nothing is answered with a Fail that says why, but not before all who are there
 * have had the time to hail a broker that is new.
 */

import type { FormationMessage, Hail } from './formation-messages.ts';
import { formationLimits } from './limits.ts';
import { type Holder, Registry, type RegistryEntry } from './registry.ts';

export interface BrokerAnswer {
  /** `all`: everybody in the formation; whoever is not named in it ignores it, as in vee. */
  readonly to: 'all' | Holder;
  readonly message: FormationMessage;
  /** The number that whoever asked has given. */
  readonly request?: number | undefined;
}

/** A request for somebody who is not in the directory, while that is not whole yet. */
interface HeldRequest {
  readonly originator: string;
  readonly destination: string;
  readonly from: Holder;
  readonly request: number | undefined;
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
  private held: HeldRequest[] = [];
  private readonly wholeAt: number;
  private readonly isAvailable: (name: string) => boolean;

  /**
   * @param wholeAt Until then some who are there may not have hailed yet. Default: they have. @param isAvailable Whether a
   * member takes what names a service alone. Default: all do.
   */
  constructor(self: BrokerSelf, wholeAt = 0, isAvailable: (name: string) => boolean = () => true) {
    this.self = self;
    this.isAvailable = isAvailable;
    this.wholeAt = wholeAt;
  }

  /** @param request Given back with the answer to it. */
  received(message: FormationMessage, from: Holder, now: number, request?: number): readonly BrokerAnswer[] {
    switch (message.type) {
      case 'Hail':
        return this.hailed(message, from, now);
      case 'Pair':
        return this.asked(
          { originator: message.originator, destination: message.destination, from, request },
          now,
        );
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

  /** Leases end, and whoever was held back is answered. */
  deadline(now: number): readonly BrokerAnswer[] {
    this.expire(now);
    return now < this.wholeAt ? nothing : this.askAgain(now);
  }

  nextDeadline(): number {
    const lease = this.registry.nextDeadline();
    return this.held.length > 0 ? Math.min(lease, this.wholeAt) : lease;
  }

  private hailed(hail: Hail, from: Holder, now: number): readonly BrokerAnswer[] {
    const { name } = hail;
    const result = name === this.self.name ? 'taken' : this.registry.hail(hail, from, now);
    if (result === 'new') this.gone.delete(name);
    if (this.held.length > 0 && (result === 'new' || result === 'changed')) return this.askAgain(now);
    if (result === 'taken') return [fail(from, name, `${name} is ${this.addressOf(name)} already`)];
    if (result === 'full')
      return [fail(from, name, `the formation has no room: ${formationLimits.registryEntriesMax} are in it`)];
    return nothing;
  }

  private askAgain(now: number): readonly BrokerAnswer[] {
    const { held } = this;
    this.held = [];
    return held.flatMap((one) => this.asked(one, now));
  }

  private asked(asked: HeldRequest, now: number): readonly BrokerAnswer[] {
    const { originator, destination, from, request } = asked;
    const origin = originator === this.self.name ? this.self : this.registry.get(originator);
    const found = this.find(destination);
    if (origin === undefined || found === undefined) {
      const mayCome = now < this.wholeAt && this.held.length < formationLimits.pairsUnresolvedMax;
      if (mayCome) this.held.push(asked);
      if (mayCome) return nothing;
    }
    if (origin === undefined)
      return [fail(from, originator, `${originator} is not in the formation: it has to hail first`, request)];
    if (found === undefined) return [fail('all', originator, this.whyNot(destination), request)];
    if (found.name === originator)
      return [fail('all', originator, `${originator} cannot be paired with itself`, request)];
    const message: FormationMessage = {
      type: 'Link',
      originName: originator,
      destinationName: found.name,
      address: origin.address,
    };
    return [{ to: 'all', message, request }];
  }

  private find(destination: string): BrokerSelf | undefined {
    const { self } = this;
    if (destination === self.name) return self;
    const found = this.registry.find(destination, this.isAvailable);
    if (found !== undefined) return found;
    return self.services.includes(destination) && this.isAvailable(self.name) ? self : undefined;
  }

  private whyNot(destination: string): string {
    if (this.registry.find(destination) !== undefined || this.self.services.includes(destination))
      return `each node that offers ${destination} is not available: name one of them, or try again later`;
    return this.gone.has(destination)
      ? `${destination} is gone: it has not hailed for ${formationLimits.formationLeaseMs / 1000} s, or has left`
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
      if (this.gone.size <= formationLimits.formationGoneMax) break;
      this.gone.delete(oldest);
    }
    return entries;
  }
}

function fail(to: BrokerAnswer['to'], offender: string, explanation: string, request?: number): BrokerAnswer {
  return { to, message: { type: 'Fail', offender, explanation }, request };
}
