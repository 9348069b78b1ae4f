/**
 * What recipients had in hand that have been unreachable for so long that their desks are closed: their handlers may be at
 * work, so that these letters do not expire.
 *
 * Made by the desks of the broker, and asked by its sweeper. Invariant: places of a limited number of letters are kept,
 * each for a limited time; of too many those of the recipient go first that was left first.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { letterLimits } from './limits.ts';

/** What was at a desk. */
export interface Hand {
  readonly node: NodeId;
  readonly recipient: string;
  /** Places of letters on the way to the recipient, or there. */
  readonly inHand: ReadonlySet<number>;
  /** Of these, what has arrived there for certain. */
  readonly arrived: ReadonlySet<number>;
}

interface Kept {
  readonly node: NodeId;
  readonly recipient: string;
  readonly inHand: Set<number>;
  readonly arrived: Set<number>;
  /** Kernel time. */
  readonly until: number;
}

export class UnreachableHands {
  /** By recipient; that which was left first comes first. */
  private readonly hands = new Map<string, Kept>();
  private letters = 0;

  keep({ node, recipient, inHand, arrived }: Hand, now: number): void {
    this.take(node);
    if (inHand.size === 0) return;
    const until = now + letterLimits.letterUnreachableMs;
    this.hands.set(recipient, { node, recipient, inHand: new Set(inHand), arrived: new Set(arrived), until });
    this.letters += inHand.size;
    for (const hand of this.hands.values()) {
      if (this.letters <= letterLimits.lettersUnreachableMax) return;
      this.delete(hand);
    }
  }

  isInHand(recipient: string, n: number): boolean {
    return this.hands.get(recipient)?.inHand.has(n) === true;
  }

  /** What it has said of these is stored. */
  settled(node: NodeId, ns: readonly number[]): void {
    const hand = this.of(node);
    if (hand === undefined) return;
    for (const n of ns) {
      if (hand.inHand.delete(n)) this.letters--;
      hand.arrived.delete(n);
    }
    if (hand.inHand.size === 0) this.hands.delete(hand.recipient);
  }

  /** It says itself what it has, or its incarnation is over. */
  take(node: NodeId): Hand | undefined {
    const hand = this.of(node);
    if (hand !== undefined) this.delete(hand);
    return hand;
  }

  /** Of which nothing was heard for too long. */
  forgetOld(now: number): void {
    for (const hand of this.hands.values()) if (hand.until <= now) this.delete(hand);
  }

  clear(): void {
    this.hands.clear();
    this.letters = 0;
  }

  private of(node: NodeId): Kept | undefined {
    for (const hand of this.hands.values()) if (hand.node === node) return hand;
    return undefined;
  }

  private delete(hand: Kept): void {
    this.hands.delete(hand.recipient);
    this.letters -= hand.inHand.size;
  }
}
