/**
 * The broker's pins: to which identity each name belongs, and who may act in a name.
 *
 * Made by the swarm's behavior, and asked before anything that is done in the name of a node: sending letters, opening a
 * mailbox, asking. A name is pinned to the first identity that a node of that name proves; the first that such a node says
 * waits for it a little. Invariant: for a pinned name only the identity that it is pinned to is admitted; what one node
 * says keeps its order, also where its proof is late.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { swarmLimits } from './limits.ts';
import type { Questioner } from './shared.ts';
import type { Pin } from './swarm-types.ts';

export interface PinsPorts {
  now(): number;
  /** What the incarnation that is there now has proven. */
  identityOf(node: NodeId): string | undefined;
  /** False: that incarnation is over. */
  isCurrent(from: Questioner): boolean;
  /** Proofs can be checked here, and this node is another one, from which one may come. */
  mayProve(node: NodeId): boolean;
  /** It can be reached. */
  isHere(node: NodeId): boolean;
  /** A name is pinned from now on. */
  pinned(pin: Pin): void;
}

/** @param refusal Undefined: it may act in its name. */
export type Admitted = (refusal: Failure | undefined) => void;

interface Waiting {
  readonly from: Questioner;
  readonly until: number;
  readonly act: Admitted;
}

export class Pins {
  private readonly ports: PinsPorts;
  private readonly pins = new Map<string, string>();
  /** By node: what waits for its proof, in order. Its line bounds how much that is. */
  private readonly waiting = new Map<NodeId, Waiting[]>();
  /** The incarnation of each node for whose proof nobody waits any more: it seems to have none. */
  private readonly waived = new Map<NodeId, number>();

  constructor(ports: PinsPorts) {
    this.ports = ports;
  }

  identityOf(name: string): string | undefined {
    return this.pins.get(name);
  }

  loaded(pins: readonly Pin[]): void {
    for (const { name, identity } of pins) this.pins.set(name, identity);
  }

  /** The store is closed, and its pins are read again once it is open. What waits for a proof goes on waiting. */
  closed(): void {
    this.pins.clear();
  }

  /** Who waits says it again to the next broker. */
  clear(): void {
    this.pins.clear();
    this.waiting.clear();
    this.waived.clear();
  }

  forget(name: string): void {
    this.pins.delete(name);
  }

  /** A node has proven an identity. @returns why it may not act in its name. */
  proven(node: NodeId, name: string): Failure | undefined {
    const identity = this.ports.identityOf(node);
    // It is here, and its proof may be on its way.
    if (identity === undefined && (this.pins.has(name) || this.waiting.has(node))) return undefined;
    if (identity !== undefined && !this.pins.has(name)) this.pin(name, identity);
    this.release(node);
    return this.refusal(node, name);
  }

  /**
   * @param act Called at once, or once the proof of the node has come, or did not come in time; never for an incarnation
   * that is over: what its node has proven is of another one.
   */
  admit(from: Questioner, act: Admitted): void {
    if (!this.ports.isCurrent(from)) return;
    const waiting = this.waiting.get(from.node);
    const waitMs = waiting === undefined ? this.waitMs(from) : 0;
    const until = this.ports.now() + waitMs;
    if (waiting !== undefined) waiting.push({ from, until, act });
    else if (waitMs > 0) this.waiting.set(from.node, [{ from, until, act }]);
    else act(this.refusal(from.node, from.name));
  }

  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [first] of this.waiting.values()) next = Math.min(next, first?.until ?? next);
    return next;
  }

  deadline(now: number): void {
    for (const [node, waiting] of [...this.waiting]) {
      const [first] = waiting;
      if (first === undefined || first.until > now) continue;
      if (this.isAwayUnproven(first.from)) this.waitOn(node, waiting, now);
      else this.release(node);
    }
  }

  /** A name without a pin waits only until it is clear that its node has no identity. */
  private waitMs({ node, life, name }: Questioner): number {
    if (this.ports.identityOf(node) !== undefined) return 0;
    if (this.pins.has(name)) return swarmLimits.swarmProofMs;
    const isWaived = this.waived.get(node) === life;
    return isWaived || !this.ports.mayProve(node) ? 0 : swarmLimits.swarmFirstProofMs;
  }

  private release(node: NodeId): void {
    const waiting = this.waiting.get(node) ?? [];
    this.waiting.delete(node);
    for (const { from, act } of waiting) {
      if (!this.ports.isCurrent(from)) continue;
      if (this.ports.identityOf(node) === undefined) this.waive(from);
      act(this.refusal(node, from.name));
    }
  }

  /**
   * It has mostly ended. Nothing of it was done or acknowledged: its next incarnation says it again, and proves whose name
   * it is. Done now, it would leave the name to the one that comes next. It may also come back, with its proof.
   */
  private isAwayUnproven(from: Questioner): boolean {
    return this.ports.isCurrent(from) && !this.ports.isHere(from.node);
  }

  private waitOn(node: NodeId, waiting: readonly Waiting[], now: number): void {
    const until = now + swarmLimits.swarmProofMs;
    this.waiting.set(
      node,
      waiting.map(({ from, act }) => ({ from, act, until })),
    );
  }

  private waive({ node, life }: Questioner): void {
    if (this.waived.size >= swarmLimits.swarmNodesMax) this.waived.clear();
    this.waived.set(node, life);
  }

  private refusal(node: NodeId, name: string): Failure | undefined {
    const pin = this.pins.get(name);
    const identity = this.ports.identityOf(node);
    if (pin === undefined || identity === pin) return undefined;
    const shown = identity === undefined ? 'none' : identity.slice(0, shownDigits);
    const text = `the swarm knows ${name} with identity ${pin.slice(0, shownDigits)}, and this node has ${shown}: start it under another name, or, where it is to take the place of the other, run skein node forget ${name} on another node`;
    return failure('SKEIN_NAME_PINNED', text);
  }

  private pin(name: string, identity: string): void {
    if (this.pins.size >= swarmLimits.swarmNodesMax) return;
    this.pins.set(name, identity);
    this.ports.pinned({ name, identity });
  }
}

const shownDigits = 12;
