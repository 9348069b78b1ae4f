/**
 * The copies of a message: by which neighbor each left, and what has become of it.
 *
 * Made by the sender, and used by it for first copies and by repeats.ts for further ones. The frame is the same
 * each time but for its floor. Invariant: a recipient counts as undelivered only when every copy for it has been
 * accounted for; a receipt settles it whatever became of the others.
 */
import type { BehaviorAgent, DropReason, Route, SendOptions, Unsent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf, lifeTailOf } from '../../../kernel/life.ts';
import { mayComeBack } from '../../../kernel/parts/reach.ts';
import type { MissingReason } from './messaging-types.ts';
import type { Outbound, Pending } from './outbound.ts';
import type { Way } from './waiting.ts';
import { type Content, encodeData, MessageType, ReceiptStatus } from './wire.ts';

export class Copies {
  private readonly agent: BehaviorAgent;
  private readonly outbound: Outbound;
  private readonly life: number;
  private readonly lifeTail: number;

  constructor(agent: BehaviorAgent, outbound: Outbound) {
    this.agent = agent;
    this.outbound = outbound;
    this.life = lifeOf(agent.self.instance);
    this.lifeTail = lifeTailOf(agent.self.instance);
  }

  // ── leaving ───────────────────────────────────────────────────────────────────────────────────────

  /** The first copies of a tracked message. */
  start(message: Pending, nodes: readonly NodeId[]): void {
    for (const { node, reason } of this.transmit(message, nodes)) this.undeliverable(message, node, reason);
  }

  /** One more copy for each of these; which could not leave is noted, and nobody is given up for it. */
  transmit(message: Pending, nodes: readonly NodeId[]): readonly Unsent[] {
    for (const node of nodes) {
      const path = this.agent.routes.pathToNode(node);
      const way = message.waiting.get(node);
      if (way === undefined) continue;
      way.via = path.action === 'next' ? path.neighbor : undefined;
      way.copies++;
    }
    const { type, sequence, traced } = message;
    const unsent = this.send(message, nodes, { type, sequence, traced, wantsReturn: true });
    for (const { node, reason } of unsent) notTaken(message.waiting.get(node), missingReason(reason));
    return unsent;
  }

  /** One frame to all of these, of which nothing is kept. */
  send(data: Content, nodes: readonly NodeId[], options: SendOptions): readonly Unsent[] {
    const { life, lifeTail } = this;
    const { kind, encoding, body, part } = data;
    const floor = this.outbound.floorFor(nodes);
    const payload = encodeData({ kind, encoding, body, part, life, lifeTail, floor });
    return this.agent.send(routeTo(nodes), payload, options);
  }

  /** The only copy, counted already, could not leave. */
  notSent(message: Pending, node: NodeId, reason: DropReason): void {
    notTaken(message.waiting.get(node), missingReason(reason));
    this.undeliverable(message, node, reason);
  }

  private undeliverable(message: Pending, node: NodeId, reason: DropReason): void {
    if (reason === 'no-route' && mayComeBack(this.agent, node)) return;
    this.outbound.missing(message, node, missingReason(reason));
  }

  // ── answers ───────────────────────────────────────────────────────────────────────────────────────

  receipt(from: NodeId, life: number, sequence: number, status: ReceiptStatus): void {
    const message = life === this.life ? this.outbound.get(sequence) : undefined;
    if (message === undefined) return;
    const isPart = message.type === MessageType.part;
    switch (status) {
      case ReceiptStatus.accepted:
        if (!isPart) this.outbound.delivered(message, from);
        return;
      case ReceiptStatus.held:
        // For a whole message this would be a lie.
        if (isPart) this.outbound.delivered(message, from);
        return;
      case ReceiptStatus.refused:
        return this.declined(message, from, 'refused');
      case ReceiptStatus.busy:
        return this.declined(message, from, 'busy');
    }
  }

  /** A hop gave a copy back. */
  returned(message: Pending, node: NodeId, reason: DropReason): void {
    if (reason === 'refused') this.declined(message, node, reason);
    else notTaken(message.waiting.get(node), missingReason(reason));
  }

  /** Final only when no other copy is on its way: after a change of the route that one may yet be taken. */
  private declined(message: Pending, node: NodeId, reason: MissingReason): void {
    const way = message.waiting.get(node);
    notTaken(way, reason);
    if (way?.copies === 0) this.outbound.missing(message, node, reason);
  }
}

/** A drop as the program is told of it. */
export function missingReason(reason: DropReason): MissingReason {
  return reason === 'ttl' ? 'no-route' : reason;
}

function routeTo(nodes: readonly NodeId[]): Route {
  const [first] = nodes;
  return nodes.length === 1 && first !== undefined ? { to: 'node', node: first } : { to: 'nodes', nodes };
}

/** One copy came to nothing, and said so. */
function notTaken(way: Way | undefined, reason: MissingReason): void {
  if (way === undefined) return;
  way.copies = Math.max(0, way.copies - 1);
  way.lastReason = reason;
}
