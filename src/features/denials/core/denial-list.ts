/**
 * The list of denials of one member: what counts of each pair of name and identity.
 *
 * Made by the denials' behavior. Invariant: lists that have taken the same denials, in whatever order and how often, are
 * the same, whether there was room for all or not; those that had no room while others were taken back are the same once
 * they have taken each other. None grows beyond its limits, whatever a member says.
 */
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { compareDenials, type Denial, keyOf } from './denial.ts';
import { denialLimits } from './limits.ts';
import { RankedDenials } from './ranked-denials.ts';

/** `full`: there is no room for it, of all that are known. `unfit`: too far ahead of what is known. */
export type Taken = 'newer' | 'known' | 'full' | 'unfit';

export class DenialList {
  private readonly denied = new RankedDenials(denialLimits.denialsMax);
  private readonly takenBack = new RankedDenials(denialLimits.denialsTakenBackMax);
  private readonly byNode = new Map<NodeId, Denial>();
  private readonly byIdentity = new Map<string, Denial>();
  /** Many are taken at once, and are looked up after that. */
  private isIndexed = true;
  private readonly gaveWay: (denial: Denial) => void;

  /** @param gaveWay What was denied and is not any more: there was no room for all, and others count before it. */
  constructor(gaveWay: (denial: Denial) => void = () => undefined) {
    this.gaveWay = gaveWay;
  }

  get isEmpty(): boolean {
    return this.denied.size === 0;
  }

  get isFull(): boolean {
    return this.denied.isFull;
  }

  /** There may be no room for all at some member: then what has changed is not enough to have the same list. */
  get isCrowded(): boolean {
    return this.denied.size > denialLimits.denialsMax / 2;
  }

  /** How many pairs are denied. */
  get size(): number {
    return this.denied.size;
  }

  /** Those that count, by name. */
  all(): Denial[] {
    return [...this.denied.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** What another member needs to have the same list. */
  entries(): Denial[] {
    return [...this.denied.values(), ...this.takenBack.values()];
  }

  known(key: string): Denial | undefined {
    return this.denied.get(key) ?? this.takenBack.get(key);
  }

  ofNode(node: NodeId): Denial | undefined {
    this.index();
    return this.byNode.get(node);
  }

  ofIdentity(identity: string): Denial | undefined {
    this.index();
    return this.byIdentity.get(identity);
  }

  take(denial: Denial): Taken {
    const key = keyOf(denial);
    const known = this.known(key);
    if (known !== undefined && compareDenials(denial, known) <= 0) return 'known';
    if (denial.version > (known?.version ?? 0) + denialLimits.denialStepMax) return 'unfit';
    return this.put(key, denial) ? 'newer' : 'full';
  }

  /** From this machine's own file: it was believed once. */
  restore(denial: Denial): void {
    const key = keyOf(denial);
    const known = this.known(key);
    if (known !== undefined && compareDenials(denial, known) <= 0) return;
    this.put(key, denial);
  }

  /** False: it changes nothing. */
  private put(key: string, denial: Denial): boolean {
    // It is taken back also where there is no room to remember that.
    const isLetIn = !denial.isDenied && this.denied.delete(key);
    const without = (denial.isDenied ? this.denied : this.takenBack).put(key, denial);
    if (without === denial && !isLetIn) return false;
    if (denial.isDenied) this.takenBack.delete(key);
    this.isIndexed = false;
    if (without?.isDenied === true) this.gaveWay(without);
    return true;
  }

  /** Of several denials of one name, or of one identity, any does. */
  private index(): void {
    if (this.isIndexed) return;
    this.isIndexed = true;
    this.byNode.clear();
    this.byIdentity.clear();
    for (const denial of this.denied.values()) {
      this.byNode.set(idOf(denial.name), denial);
      if (denial.identity !== '') this.byIdentity.set(denial.identity, denial);
    }
  }
}
