/**
 * The race of the addresses of one peer: which is dialed when, until one of them leads to that peer (RFC 8305).
 *
 * Who calls it: whatever feature dials nodes that have several addresses. It dials nothing itself. Invariant: at most
 * `racingDialsMax` dials are under way; the next address starts when one has failed or after `dialStaggerMs`; each
 * address is tried once, and a name once more for each of its IP addresses that led to the wrong node.
 */
import type { LinkId } from '../contract/links.ts';
import { limits } from '../limits.ts';

/** One address and, where it is a name, the IP addresses behind it that are not to be dialed again. */
export interface Candidate {
  readonly address: string;
  /** `host:port`, as connections to them were reported. */
  readonly avoid: readonly string[];
}

export class AddressRace {
  private rest: Candidate[];
  private readonly running = new Map<LinkId, Candidate>();
  private nextAt: number;
  private readonly known: Set<string>;

  /** @param addresses In the order in which they are to be tried. */
  constructor(addresses: readonly string[], now: number) {
    this.rest = addresses.map((address) => ({ address, avoid: [] }));
    this.nextAt = now;
    this.known = new Set(addresses);
  }

  get isOver(): boolean {
    return this.rest.length === 0 && this.running.size === 0;
  }

  /** The dials under way. */
  get links(): LinkId[] {
    return [...this.running.keys()];
  }

  nextDeadline(): number {
    const isFull = this.running.size >= limits.racingDialsMax;
    return isFull || this.rest.length === 0 ? Number.POSITIVE_INFINITY : this.nextAt;
  }

  /** The peer has further addresses: those that this race does not know are tried as well. False: it knows all. */
  add(addresses: readonly string[]): boolean {
    const fresh = addresses.filter((address) => !this.known.has(address));
    if (this.known.size + fresh.length > limits.addressesPerRecordMax * 2) return false;
    for (const address of fresh) {
      this.known.add(address);
      this.rest.push({ address, avoid: [] });
    }
    return fresh.length > 0;
  }

  /** The address whose turn it is; `started` follows. */
  take(now: number): Candidate | undefined {
    return now < this.nextDeadline() ? undefined : this.rest.shift();
  }

  started(link: LinkId, candidate: Candidate, now: number): void {
    this.running.set(link, candidate);
    this.nextAt = now + limits.dialStaggerMs;
  }

  /**
   * This dial is over: the next address may start at once.
   * @param wrong It led to another node here: of a name, the other IP addresses behind it are tried before anything else.
   */
  ended(link: LinkId, now: number, wrong?: string): Candidate | undefined {
    const candidate = this.running.get(link);
    if (candidate === undefined) return undefined;
    this.running.delete(link);
    this.nextAt = now;
    const { address, avoid } = candidate;
    const isNew = wrong !== undefined && wrong !== address && !avoid.includes(wrong);
    if (isNew && avoid.length < limits.dialAvoidMax) this.rest.unshift({ address, avoid: [...avoid, wrong] });
    return candidate;
  }

  /** No further address is tried; what is under way goes on. */
  stop(): void {
    this.rest = [];
  }
}
