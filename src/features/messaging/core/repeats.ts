/**
 * Asking again: when a message without a receipt is sent once more, by which route, and when it is given up.
 *
 * Made by the sender, which tells it of time, of changed routes, of nodes that are gone and of copies that came
 * back. Invariant: what is under way is tried again until its deadline, by another route where there is one;
 * the waits double, and a change of the routes never puts off whoever it does not concern.
 */
import type { BehaviorAgent, Returned } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { mayComeBack } from '../../../kernel/parts/reach.ts';
import type { Copies } from './copies.ts';
import type { LargeBody } from './large-body.ts';
import type { MissingReason } from './messaging-types.ts';
import type { Outbound, Pending } from './outbound.ts';
import { MessageType } from './wire.ts';

/** After a hop said no, the topology gets this long to find another way. */
const retryAfterReturnMs = 100;
/** It doubles this often, so that a relay that knows no way is not asked ten times a second. */
const returnBackoffMax = 5;
/** After a node was lost, the recipient gets this long to find another way for its receipts. */
const hastenedMs = 200;

export interface RepeatsPorts {
  readonly agent: BehaviorAgent;
  readonly outbound: Outbound;
  readonly copies: Copies;
  /** By the sequence of the whole: a reminder of it is sent again, and its copies are counted by its parts. */
  readonly larges: ReadonlyMap<number, LargeBody>;
  /** For the counts. */
  readonly repeated: () => void;
}

export class Repeats {
  private readonly ports: RepeatsPorts;

  constructor(ports: RepeatsPorts) {
    this.ports = ports;
  }

  deadline(now: number): void {
    const { outbound } = this.ports;
    for (const message of outbound.due(now)) {
      if (now >= message.deadline) outbound.giveUp(message, (node) => this.reasonFor(message, node));
      else this.repeat(message, this.stillHoped(message));
    }
  }

  returned({ sequence, nodes, reason }: Returned): void {
    const { agent, outbound, copies } = this.ports;
    const message = outbound.get(sequence);
    if (message === undefined) return;
    for (const node of nodes) copies.returned(message, node, reason);
    const retryAt = agent.now + retryAfterReturnMs * 2 ** Math.min(message.returnedCount++, returnBackoffMax);
    if (retryAt >= message.repeatAt) return;
    message.repeatAt = retryAt;
    outbound.schedule(message);
  }

  /** Whatever went by a next hop that is no longer the one is sent again by the new one. */
  reroute(): void {
    for (const message of [...this.ports.outbound.all()]) {
      if (this.isLarge(message)) continue;
      const moved = message.waiting
        .nodes()
        .filter((node) => this.hasMoved(node, message.waiting.get(node)?.via));
      if (moved.length === 0) continue;
      if (moved.length === message.waiting.size) this.repeat(message, moved);
      // The others are asked again when it is their time: routes that keep changing must not put that off.
      else this.resend(message, moved);
    }
  }

  /**
   * A node was lost, and with it perhaps receipts that went by it, on a way of which the sender knows nothing:
   * whoever has been asked more than once is asked again soon, and not only after a wait that has grown.
   */
  hasten(): void {
    const { agent, outbound } = this.ports;
    const soon = agent.now + hastenedMs;
    for (const message of outbound.all()) {
      if (message.repeatAfterMs <= limits.repeatAfterMs || message.repeatAt <= soon) continue;
      message.repeatAt = soon;
      outbound.schedule(message);
    }
  }

  /** A node said goodbye: it will not answer any more. */
  left(node: NodeId): void {
    const { outbound } = this.ports;
    for (const message of [...outbound.all()]) {
      outbound.missing(message, node, this.certainReason(message, node) ?? 'lost');
    }
  }

  // ── once more ─────────────────────────────────────────────────────────────────────────────────────

  private repeat(message: Pending, nodes: readonly NodeId[]): void {
    message.repeatAfterMs = Math.min(message.repeatAfterMs * 2, limits.repeatAfterMsMax);
    message.repeatAt = this.ports.agent.now + message.repeatAfterMs;
    this.ports.outbound.schedule(message);
    if (nodes.length > 0) this.resend(message, nodes);
  }

  private resend(message: Pending, nodes: readonly NodeId[]): void {
    const { copies, larges, repeated } = this.ports;
    repeated();
    const large = larges.get(message.sequence);
    if (large === undefined) copies.transmit(message, nodes);
    else if (large.reminder !== undefined) {
      const { sequence, data } = large.reminder;
      copies.transmit({ ...message, ...data, sequence, type: MessageType.part }, nodes);
    }
  }

  /** Who is worth asking again: one that nothing was ever sent to, and that does not come back, is missing now. */
  private stillHoped(message: Pending): NodeId[] {
    const { agent, outbound } = this.ports;
    for (const node of message.waiting.nodes()) {
      const lost =
        message.waiting.get(node)?.copies === 0 && agent.routes.pathToNode(node).action === 'reject';
      if (lost && !this.isLarge(message) && !mayComeBack(agent, node)) {
        outbound.missing(message, node, 'no-route');
      }
    }
    return message.waiting.nodes();
  }

  private hasMoved(node: NodeId, via: NodeId | undefined): boolean {
    const path = this.ports.agent.routes.pathToNode(node);
    return path.action === 'next' && path.neighbor !== via;
  }

  // ── given up ──────────────────────────────────────────────────────────────────────────────────────

  private reasonFor(message: Pending, node: NodeId): MissingReason {
    const isOut = this.ports.agent.routes.pathToNode(node).action === 'reject';
    return this.certainReason(message, node) ?? (isOut ? 'lost' : 'timeout');
  }

  /** Why it was not delivered, where it is known that it was not: no copy is unaccounted for. */
  private certainReason(message: Pending, node: NodeId): MissingReason | undefined {
    const way = message.waiting.get(node);
    // A large body's copies are counted by its parts.
    if (way === undefined || way.copies > 0 || this.isLarge(message)) return undefined;
    return way.lastReason ?? 'no-route';
  }

  private isLarge({ sequence }: Pending): boolean {
    return this.ports.larges.has(sequence);
  }
}
