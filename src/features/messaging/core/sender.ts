/**
 * The sending side of messaging: one frame to a set of recipients, repeated until each has answered.
 *
 * Made by the messaging behavior. Invariant: every send command is answered exactly once; what cannot
 * leave at once is told at once, what got under way is tried again, by another route where there is one,
 * until its deadline.
 */
import type { BehaviorAgent, DropReason, Reply, Returned, Route, Unsent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf, lifeTailOf } from '../../../kernel/life.ts';
import { limits } from '../../../kernel/limits.ts';
import { mayComeBack } from '../../../kernel/parts/reach.ts';
import { LargeBody } from './large-body.ts';
import { messagingLimits } from './limits.ts';
import type { MessagingEvent, MissingReason, SendAnswer, SendCommand } from './messaging-types.ts';
import { type Missing, none, Outbound, type Outcome, type Pending } from './outbound.ts';
import { tooLarge, tooMany, tooManyFor } from './send-failures.ts';
import { Everybody, Target } from './target.ts';
import { Waiting, type Way } from './waiting.ts';
import { type Content, encodeData, MessageType, ReceiptStatus } from './wire.ts';

/** After a hop said no, the topology gets this long to find another way. */
const retryAfterReturnMs = 100;
/** It doubles this often, so that a relay that knows no way is not asked ten times a second. */
const returnBackoffMax = 5;
/** After a node was lost, the recipient gets this long to find another way for its receipts. */
const hastenedMs = 200;

/** Half of the 48 bits: a message's number is unique at its source, acknowledged or not. */
const unacknowledgedFrom = 2 ** 47;

interface Tracked {
  readonly type: number;
  readonly data: Content;
  readonly traced: boolean;
  readonly recipients: readonly NodeId[];
  readonly timeoutMs: number;
  /** The first wait for a receipt. */
  readonly repeatAfterMs: number;
  readonly done: (outcome: Outcome) => void;
}

export class Sender {
  readonly counts = { sent: 0, repeated: 0 };
  private readonly agent: BehaviorAgent;
  private readonly life: number;
  private readonly lifeTail: number;
  private readonly outbound = new Outbound();
  /** By the hot path, and ended in this turn. */
  private sent: Pending[] = [];
  /** Numbers of their own: nothing waits for these, so they must not come between the floor and the rest. */
  private lastUnacknowledged = unacknowledgedFrom;
  /** By the token of the command, for `abort`. */
  private readonly sends = new Map<number, Pending | LargeBody>();
  /** By the sequence of the whole. */
  private readonly larges = new Map<number, LargeBody>();

  constructor(agent: BehaviorAgent) {
    this.agent = agent;
    this.life = lifeOf(agent.self.instance);
    this.lifeTail = lifeTailOf(agent.self.instance);
  }

  get unresolved(): number {
    return this.outbound.size;
  }

  // ── to one, by the hot path ──────────────────────────────────────────────────────────────────────

  target(node: NodeId, kind: string): Target {
    return new Target(node, kind, this.agent);
  }

  /**
   * One message that fits a frame, with a receipt: no command, no token and no closure. It ends in the event
   * `sent`, with the handle. Undefined: it is on its way, or has ended already.
   */
  sendTo(
    target: Target,
    encoding: number,
    body: Uint8Array,
    timeoutMs: number,
    handle: unknown,
  ): Failure | undefined {
    const { node, kind } = target;
    if (this.outbound.isFull(body.length)) return tooMany();
    if (this.outbound.isFullFor(node, body.length)) return this.busyFor(node);
    this.counts.sent++;
    const { now } = this.agent;
    const waiting = new Waiting(node);
    waiting.via = target.via;
    waiting.copies = 1;
    const message: Pending = {
      sequence: this.outbound.nextSequence(),
      type: MessageType.data,
      kind,
      encoding,
      body,
      part: undefined,
      traced: false,
      waiting,
      delivered: none,
      missing: none,
      done: this.concluded,
      handle,
      heldBytes: body.length,
      returnedCount: 0,
      deadline: now + timeoutMs,
      repeatAt: now + limits.repeatAfterMs,
      repeatAfterMs: limits.repeatAfterMs,
      wakeAt: 0,
    };
    this.outbound.track(message);
    const head = target.headOfData(encoding, this.outbound.floorOf(node));
    const dropped = this.agent.sendPrepared(head, message.sequence, body);
    if (dropped !== undefined) this.notSent(message, node, dropped);
    return undefined;
  }

  private notSent(message: Pending, node: NodeId, reason: DropReason): void {
    notTaken(message.waiting.get(node), missingReason(reason));
    if (reason === 'no-route' && mayComeBack(this.agent, node)) return;
    this.outbound.missing(message, node, missingReason(reason));
  }

  private readonly concluded = (message: Pending): void => {
    this.sent.push(message);
    this.agent.flushLater();
  };

  /** The end of the turn: what has ended is told together. */
  flush(): void {
    if (this.sent.length === 0) return;
    const messages = this.sent;
    this.sent = [];
    this.agent.deliver({ type: 'sent', messages } satisfies MessagingEvent);
  }

  /** What was given with messages that are under way. */
  *handles(): Iterable<unknown> {
    for (const { handle } of this.outbound.all()) if (handle !== undefined) yield handle;
  }

  everybody(kind: string): Everybody {
    return new Everybody(kind, this.agent);
  }

  /** To all that are reachable now, without receipts. */
  postToAll(everybody: Everybody, encoding: number, body: Uint8Array): SendAnswer {
    this.counts.sent++;
    const sequence = ++this.lastUnacknowledged;
    const unsent = this.agent.sendPreparedBroadcast(everybody.head(encoding), sequence, body);
    const missing = unsent.map(({ node, reason }) => ({ node, reason: missingReason(reason) }));
    return { sequence, delivered: none, missing };
  }

  /** Without a receipt and without an object: the reason why it could not leave, or undefined. */
  post(target: Target, encoding: number, body: Uint8Array): DropReason | undefined {
    this.counts.sent++;
    return this.agent.sendPrepared(target.headOfPost(encoding), ++this.lastUnacknowledged, body);
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────────

  send(command: SendCommand, reply: Reply<SendAnswer>): void {
    const { recipients: wanted, acknowledged, body } = command;
    const nodes = wanted === 'all' ? [...this.agent.routes.reachable()] : [...new Set(wanted)];
    const isLarge = body.length > messagingLimits.partBytes;
    const isTracked = acknowledged || isLarge;
    const full: readonly NodeId[] = isTracked
      ? nodes.filter((node) => this.outbound.isFullFor(node, body.length))
      : none;
    const problem = this.problemWith(command, isTracked, nodes, full);
    if (problem !== undefined) return reply.fail(problem);
    this.counts.sent++;
    if (!isTracked) return this.sendAndForget(command, nodes, reply);
    const recipients = full.length === 0 ? nodes : nodes.filter((node) => !full.includes(node));
    const busy = full.map((node): Missing => ({ node, reason: 'busy' }));
    if (isLarge) this.sendLarge(command, recipients, reply, busy);
    else this.sendTracked(command, recipients, reply, busy);
  }

  abort(token: number): void {
    const send = this.sends.get(token);
    if (send instanceof LargeBody) send.abort();
    else if (send !== undefined) this.outbound.giveUp(send, () => 'aborted');
  }

  /** The node ends: whoever still waits is told now. */
  abortAll(): void {
    for (const token of [...this.sends.keys()]) this.abort(token);
    for (const message of [...this.outbound.all()])
      if (message.done === this.concluded) this.outbound.giveUp(message, () => 'aborted');
  }

  private problemWith(
    { body }: SendCommand,
    isTracked: boolean,
    nodes: readonly NodeId[],
    full: readonly NodeId[],
  ): Failure | undefined {
    if (body.length > messagingLimits.bodyBytesMax) return tooLarge(body.length);
    if (isTracked && this.outbound.isFull(body.length)) return tooMany();
    const [first] = full;
    return first !== undefined && nodes.length === 1 ? this.busyFor(first) : undefined;
  }

  private busyFor(node: NodeId): Failure {
    return tooManyFor(this.agent.directory.get(node)?.name ?? 'this node');
  }

  private sendTracked(
    command: SendCommand,
    recipients: readonly NodeId[],
    reply: Reply<SendAnswer>,
    busy: readonly Missing[],
  ): void {
    const { traced, timeoutMs } = command;
    const done = (outcome: Outcome): void => this.answer(reply, outcome, busy);
    const message = this.track({
      type: MessageType.data,
      data: dataOf(command),
      traced,
      recipients,
      timeoutMs,
      repeatAfterMs: limits.repeatAfterMs,
      done,
    });
    if (message.waiting.size > 0) this.sends.set(reply.token, message);
  }

  private sendAndForget(command: SendCommand, recipients: readonly NodeId[], reply: Reply<SendAnswer>): void {
    const sequence = ++this.lastUnacknowledged;
    const options = { type: MessageType.unacknowledged, sequence, traced: command.traced };
    const unsent = this.agent.send(routeTo(recipients), this.encode(dataOf(command), recipients), options);
    const missing = unsent.map(({ node, reason }) => ({ node, reason: missingReason(reason) }));
    this.answer(reply, { sequence, delivered: none, missing }, none);
  }

  private sendLarge(
    command: SendCommand,
    recipients: readonly NodeId[],
    reply: Reply<SendAnswer>,
    busy: readonly Missing[],
  ): void {
    const { traced, timeoutMs } = command;
    const sequence = this.outbound.nextSequence();
    const large = new LargeBody(sequence, command, recipients, {
      now: () => this.agent.now,
      sendPart: (data, to, repeatAfterMs, done) =>
        this.track({ type: MessageType.part, data, traced, recipients: to, timeoutMs, repeatAfterMs, done })
          .sequence,
      trackWhole: (whole) => this.outbound.track(whole),
      reschedule: (whole) => this.outbound.schedule(whole),
      missing: (whole, { node, reason }) => this.outbound.missing(whole, node, reason),
      done: (outcome) => {
        this.larges.delete(sequence);
        this.answer(reply, outcome, busy);
      },
    });
    this.sends.set(reply.token, large);
    this.larges.set(sequence, large);
    large.start();
  }

  /** @param busy Those that it was not even sent to. */
  private answer(reply: Reply<SendAnswer>, outcome: SendAnswer, busy: readonly Missing[]): void {
    this.sends.delete(reply.token);
    const { sequence, delivered } = outcome;
    const missing = busy.length === 0 ? outcome.missing : [...busy, ...outcome.missing];
    reply.answer({ sequence, delivered, missing });
  }

  // ── on the way ────────────────────────────────────────────────────────────────────────────────────

  private track(tracked: Tracked): Pending {
    const { type, data, traced, recipients, timeoutMs, repeatAfterMs, done } = tracked;
    const { now } = this.agent;
    const message: Pending = {
      ...data,
      sequence: this.outbound.nextSequence(),
      type,
      traced,
      done,
      handle: undefined,
      heldBytes: data.part === undefined ? data.body.length : 0,
      waiting: Waiting.of(recipients),
      delivered: none,
      missing: none,
      returnedCount: 0,
      deadline: now + timeoutMs,
      repeatAt: now + repeatAfterMs,
      repeatAfterMs,
      wakeAt: 0,
    };
    if (recipients.length === 0) {
      done({ sequence: message.sequence, delivered: [], missing: [] });
      return message;
    }
    this.outbound.track(message);
    for (const { node, reason } of this.transmit(message, recipients)) {
      if (reason === 'no-route' && mayComeBack(this.agent, node)) continue;
      this.outbound.missing(message, node, missingReason(reason));
    }
    return message;
  }

  private transmit(message: Pending, nodes: readonly NodeId[]): readonly Unsent[] {
    for (const node of nodes) {
      const path = this.agent.routes.pathToNode(node);
      const way = message.waiting.get(node);
      if (way === undefined) continue;
      way.via = path.action === 'next' ? path.neighbor : undefined;
      way.copies++;
    }
    const { type, sequence, traced } = message;
    const options = { type, sequence, traced, wantsReturn: true };
    const unsent = this.agent.send(routeTo(nodes), this.encode(message, nodes), options);
    for (const { node, reason } of unsent) notTaken(message.waiting.get(node), missingReason(reason));
    return unsent;
  }

  private encode(data: Content, nodes: readonly NodeId[]): Uint8Array {
    const { life, lifeTail } = this;
    const { kind, encoding, body, part } = data;
    return encodeData({ kind, encoding, body, part, life, lifeTail, floor: this.outbound.floorFor(nodes) });
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

  /** Final only when no other copy is on its way: after a change of the route that one may yet be taken. */
  private declined(message: Pending, node: NodeId, reason: MissingReason): void {
    const way = message.waiting.get(node);
    notTaken(way, reason);
    if (way?.copies === 0) this.outbound.missing(message, node, reason);
  }

  returned({ sequence, nodes, reason }: Returned): void {
    const message = this.outbound.get(sequence);
    if (message === undefined) return;
    for (const node of nodes) {
      if (reason === 'refused') this.declined(message, node, reason);
      else notTaken(message.waiting.get(node), missingReason(reason));
    }
    const retryAt =
      this.agent.now + retryAfterReturnMs * 2 ** Math.min(message.returnedCount++, returnBackoffMax);
    if (retryAt >= message.repeatAt) return;
    message.repeatAt = retryAt;
    this.outbound.schedule(message);
  }

  // ── asking again ──────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return this.outbound.nextDeadline();
  }

  deadline(now: number): void {
    for (const message of this.outbound.due(now)) {
      if (now >= message.deadline) this.outbound.giveUp(message, (node) => this.reasonFor(message, node));
      else this.repeat(message, this.stillHoped(message));
    }
  }

  /** Who is worth asking again: one that nothing was ever sent to, and that does not come back, is missing now. */
  private stillHoped(message: Pending): NodeId[] {
    for (const node of message.waiting.nodes()) {
      const lost =
        message.waiting.get(node)?.copies === 0 && this.agent.routes.pathToNode(node).action === 'reject';
      if (lost && !this.larges.has(message.sequence) && !mayComeBack(this.agent, node)) {
        this.outbound.missing(message, node, 'no-route');
      }
    }
    return message.waiting.nodes();
  }

  /** Whatever went by a next hop that is no longer the one is sent again by the new one. */
  reroute(): void {
    for (const message of [...this.outbound.all()]) {
      if (this.larges.has(message.sequence)) continue;
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
    const soon = this.agent.now + hastenedMs;
    for (const message of this.outbound.all()) {
      if (message.repeatAfterMs <= limits.repeatAfterMs || message.repeatAt <= soon) continue;
      message.repeatAt = soon;
      this.outbound.schedule(message);
    }
  }

  /** A node said goodbye: it will not answer any more. */
  left(node: NodeId): void {
    for (const message of [...this.outbound.all()]) {
      this.outbound.missing(message, node, this.certainReason(message, node) ?? 'lost');
    }
  }

  private hasMoved(node: NodeId, via: NodeId | undefined): boolean {
    const path = this.agent.routes.pathToNode(node);
    return path.action === 'next' && path.neighbor !== via;
  }

  private repeat(message: Pending, nodes: readonly NodeId[]): void {
    message.repeatAfterMs = Math.min(message.repeatAfterMs * 2, limits.repeatAfterMsMax);
    message.repeatAt = this.agent.now + message.repeatAfterMs;
    this.outbound.schedule(message);
    if (nodes.length > 0) this.resend(message, nodes);
  }

  private resend(message: Pending, nodes: readonly NodeId[]): void {
    this.counts.repeated++;
    const large = this.larges.get(message.sequence);
    if (large === undefined) this.transmit(message, nodes);
    else if (large.reminder !== undefined) {
      const { sequence, data } = large.reminder;
      this.transmit({ ...message, ...data, sequence, type: MessageType.part }, nodes);
    }
  }

  private reasonFor(message: Pending, node: NodeId): MissingReason {
    const isOut = this.agent.routes.pathToNode(node).action === 'reject';
    return this.certainReason(message, node) ?? (isOut ? 'lost' : 'timeout');
  }

  /** Why it was not delivered, where it is known that it was not: no copy is unaccounted for. */
  private certainReason(message: Pending, node: NodeId): MissingReason | undefined {
    const way = message.waiting.get(node);
    // A large body's copies are counted by its parts.
    if (way === undefined || way.copies > 0 || this.larges.has(message.sequence)) return undefined;
    return way.lastReason ?? 'no-route';
  }
}

function dataOf({ kind, encoding, body }: SendCommand): Content {
  return { kind, encoding, body, part: undefined };
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

function missingReason(reason: DropReason): MissingReason {
  return reason === 'ttl' ? 'no-route' : reason;
}
