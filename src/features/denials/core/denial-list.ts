/**
 * The list of denials of one member: what counts of each pair of name and identity.
 *
 * Made by the denials' behavior. Invariant: lists that have taken the same denials, in whatever order and how often, are
 * the same while no limit is reached; and none grows beyond its limits, whatever a member says.
 */
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { compareDenials, type Denial, keyOf } from './denial.ts';
import { denialLimits } from './limits.ts';

/** `full`: there is no room for another denied pair. `unfit`: too far ahead of what is known. */
export type Taken = 'newer' | 'known' | 'full' | 'unfit';

export class DenialList {
  private readonly denied = new Map<string, Denial>();
  /** The oldest first. */
  private readonly takenBack = new Map<string, Denial>();
  private readonly byNode = new Map<NodeId, Denial>();
  private readonly byIdentity = new Map<string, Denial>();
  /** Many are taken at once, and are looked up after that. */
  private isIndexed = true;

  get isEmpty(): boolean {
    return this.denied.size === 0;
  }

  get isFull(): boolean {
    return this.denied.size >= denialLimits.denialsMax;
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
    if (denial.isDenied && !this.denied.has(key) && this.isFull) return 'full';
    this.put(key, denial);
    return 'newer';
  }

  /** From this machine's own file: it was believed once. */
  restore(denial: Denial): void {
    const key = keyOf(denial);
    const known = this.known(key);
    if (known !== undefined && compareDenials(denial, known) <= 0) return;
    if (!denial.isDenied || this.denied.has(key) || !this.isFull) this.put(key, denial);
  }

  private put(key: string, denial: Denial): void {
    this.denied.delete(key);
    this.takenBack.delete(key);
    (denial.isDenied ? this.denied : this.takenBack).set(key, denial);
    if (this.takenBack.size > denialLimits.denialsTakenBackMax)
      this.takenBack.delete(this.takenBack.keys().next().value as string);
    this.isIndexed = false;
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
