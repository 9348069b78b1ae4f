/**
 * Messaging: bodies to one, some or all nodes, with end-to-end receipts.
 *
 * A behavior. A message is one frame (large bodies: several) to a set of recipients; each answers with a
 * receipt once its application's queue has it, and whoever has not answered is asked again, by another
 * route where there is one, until the deadline. Invariant: a receipt is only sent for what was accepted
 * or remembered as accepted; a recipient takes each message once.
 */
import type {
  Behavior,
  BehaviorAgent,
  DropReason,
  KernelEvent,
  Neighbor,
  Returned,
  Route,
} from '../../contracts.ts';
import { failure } from '../../errors.ts';
import type { NodeId } from '../../identity.ts';
import { limits } from '../../limits.ts';
import { Dedup } from '../../parts/dedup.ts';
import { Flag, type Frame, RouteKind } from '../../wire/frame.ts';
import type { Arrival } from './arrival.ts';
import { Inbox } from './inbox.ts';
import { Joiner } from './joiner.ts';
import { LargeBody } from './large-body.ts';
import type {
  MessagingCommand,
  MessagingEvent,
  MissingReason,
  SendAnswer,
  SendCommand,
} from './messaging-types.ts';
import { Outbound, type Pending } from './outbound.ts';
import {
  type Data,
  decodeData,
  encodeData,
  encodeReceipts,
  lifeOf,
  MessageType,
  type Receipt,
  ReceiptStatus,
  readReceipts,
} from './wire.ts';

export const messagingFeature = 'messaging';

/** Receipts for one life of one source, gathered during a turn. */
interface GatheredReceipts {
  readonly source: NodeId;
  readonly life: number;
  readonly receipts: Receipt[];
}

/** After a hop said no, the topology gets this long to find another way. */
const retryAfterReturnMs = 100;

export class Messaging implements Behavior<MessagingCommand> {
  readonly name = messagingFeature;
  private readonly outbound = new Outbound();
  private readonly dedup = new Dedup();
  private readonly joiner = new Joiner();
  private inbox = new Inbox(() => undefined);
  private gathered = new Map<string, GatheredReceipts>();
  /** By the token of the command, for `abort`. */
  private readonly sends = new Map<number, Pending | LargeBody>();
  /** By the sequence of the whole. */
  private readonly larges = new Map<number, LargeBody>();
  private life = 0;
  private readonly counts = { sent: 0, received: 0, duplicates: 0, repeated: 0, busy: 0, malformed: 0 };

  started(agent: BehaviorAgent): void {
    this.life = lifeOf(agent.self.instance);
    this.inbox = new Inbox((consumers, arrival) =>
      this.deliver(agent, { type: 'arrival', consumers, arrival }),
    );
  }

  /** Whoever still waits is told now: after this there is nobody to tell. */
  stopped(agent: BehaviorAgent): void {
    for (const message of [...this.outbound.all()]) this.outbound.giveUp(message, () => 'aborted');
    for (const send of [...this.sends.values()]) if (send instanceof LargeBody) send.abort();
    agent.flushLater();
  }

  tick(_agent: BehaviorAgent, now: number): void {
    this.dedup.forgetIdle(now);
    this.joiner.forgetIdle(now);
  }

  status(): Record<string, unknown> {
    const { size } = this.outbound;
    return {
      ...this.counts,
      unresolved: size,
      waiting: this.inbox.waitingCount,
      unclaimed: this.inbox.unclaimedCount,
    };
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  command(agent: BehaviorAgent, command: MessagingCommand, token: number): void {
    switch (command.type) {
      case 'send':
        return this.send(agent, command, token);
      case 'abort':
        this.abort(command.token);
        break;
      case 'listen':
        this.inbox.listen(command.consumer, command.kind, command.limit);
        break;
      case 'unlisten':
        this.inbox.unlisten(command.consumer);
        break;
      case 'consumed':
        this.inbox.consumed(command.consumer, command.count);
        break;
      case 'snoop':
        agent.snoop(command.on);
        break;
    }
    agent.answer(token, undefined);
  }

  private send(agent: BehaviorAgent, command: SendCommand, token: number): void {
    if (command.body.length > limits.bodyBytesMax) {
      const text = `a body of ${command.body.length} bytes is over the limit of ${limits.bodyBytesMax}; use a channel`;
      return agent.answerFailure(token, failure('SKEIN_TOO_LARGE', text));
    }
    if (this.outbound.isFull) {
      const text = `${limits.unresolvedMax} messages wait for their receipts already`;
      return agent.answerFailure(token, failure('SKEIN_BUSY', text));
    }
    const recipients =
      command.recipients === 'all' ? [...agent.routes.reachable()] : [...new Set(command.recipients)];
    this.counts.sent++;
    if (command.body.length > limits.partBytes) return this.sendLarge(agent, command, recipients, token);
    if (!command.acknowledged) return this.sendAndForget(agent, command, recipients, token);
    const message = this.track(agent, {
      type: MessageType.data,
      data: { kind: command.kind, encoding: command.encoding, body: command.body, part: undefined },
      traced: command.traced,
      recipients,
      timeoutMs: command.timeoutMs,
      done: (outcome) => this.answer(agent, token, outcome),
    });
    if (message.waiting.size > 0) this.sends.set(token, message);
  }

  private answer(agent: BehaviorAgent, token: number, outcome: SendAnswer): void {
    this.sends.delete(token);
    agent.answer(token, outcome);
  }

  private sendAndForget(
    agent: BehaviorAgent,
    command: SendCommand,
    recipients: readonly NodeId[],
    token: number,
  ): void {
    const sequence = this.outbound.nextSequence();
    const data = { kind: command.kind, encoding: command.encoding, body: command.body, part: undefined };
    const payload = this.encode(data);
    const options = { type: MessageType.unacknowledged, sequence, traced: command.traced };
    const unsent = agent.send(routeTo(recipients), payload, options);
    const missing = unsent.map(({ node, reason }) => ({ node, reason: missingReason(reason) }));
    agent.answer(token, { sequence, delivered: [], missing } satisfies SendAnswer);
  }

  private sendLarge(
    agent: BehaviorAgent,
    command: SendCommand,
    recipients: readonly NodeId[],
    token: number,
  ): void {
    const sequence = this.outbound.nextSequence();
    const large = new LargeBody(sequence, command, recipients, {
      now: () => agent.now,
      sendPart: (data, to, done) => {
        const { traced, timeoutMs } = command;
        return this.track(agent, { type: MessageType.part, data, traced, recipients: to, timeoutMs, done })
          .sequence;
      },
      reschedule: (whole) => this.outbound.schedule(whole),
      trackWhole: (whole) => this.outbound.track(whole),
      missing: (whole, { node, reason }) => this.outbound.missing(whole, node, reason),
      done: (outcome) => {
        this.larges.delete(sequence);
        this.answer(agent, token, outcome);
      },
    });
    this.sends.set(token, large);
    this.larges.set(sequence, large);
    large.start();
  }

  private track(
    agent: BehaviorAgent,
    message: Pick<Pending, 'type' | 'data' | 'traced' | 'done'> & {
      recipients: readonly NodeId[];
      timeoutMs: number;
    },
  ): Pending {
    const { type, data, traced, done, recipients } = message;
    const pending: Pending = {
      sequence: this.outbound.nextSequence(),
      type,
      data,
      traced,
      done,
      waiting: new Map(recipients.map((node) => [node, undefined])),
      delivered: [],
      missing: [],
      lastReason: new Map(),
      deadline: agent.now + message.timeoutMs,
      repeatAt: agent.now + limits.repeatAfterMs,
      repeatAfterMs: limits.repeatAfterMs,
    };
    if (recipients.length === 0) {
      done({ sequence: pending.sequence, delivered: [], missing: [] });
      return pending;
    }
    this.outbound.track(pending);
    // What cannot leave now is told at once; only what got under way is tried again.
    for (const { node, reason } of this.transmit(agent, pending, recipients)) {
      this.outbound.missing(pending, node, missingReason(reason));
    }
    return pending;
  }

  private transmit(
    agent: BehaviorAgent,
    message: Pending,
    nodes: readonly NodeId[],
  ): ReturnType<BehaviorAgent['send']> {
    for (const node of nodes) {
      const path = agent.routes.pathToNode(node);
      message.waiting.set(node, path.action === 'next' ? path.neighbor : undefined);
    }
    const { type, sequence, traced } = message;
    return agent.send(routeTo(nodes), this.encode(message.data), {
      type,
      sequence,
      traced,
      wantsReturn: true,
    });
  }

  private encode(data: Omit<Data, 'life' | 'floor'>): Uint8Array {
    return encodeData({ ...data, life: this.life, floor: this.outbound.floor });
  }

  private abort(token: number): void {
    const send = this.sends.get(token);
    if (send === undefined) return;
    if (send instanceof LargeBody) send.abort();
    else this.outbound.giveUp(send, () => 'aborted');
  }

  // ── asking again ──────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return this.outbound.nextDeadline();
  }

  deadline(agent: BehaviorAgent, now: number): void {
    for (const message of this.outbound.due(now)) {
      if (now >= message.deadline) this.outbound.giveUp(message, (node) => reasonFor(agent, message, node));
      else this.repeat(agent, message, [...message.waiting.keys()]);
    }
  }

  private repeat(agent: BehaviorAgent, message: Pending, nodes: readonly NodeId[]): void {
    message.repeatAfterMs = Math.min(message.repeatAfterMs * 2, limits.repeatAfterMsMax);
    message.repeatAt = agent.now + message.repeatAfterMs;
    this.outbound.schedule(message);
    if (nodes.length === 0) return;
    this.counts.repeated++;
    const large = this.larges.get(message.sequence);
    if (large === undefined) this.transmit(agent, message, nodes);
    else if (large.reminder !== undefined) {
      this.transmit(agent, { ...message, ...large.reminder, type: MessageType.part }, nodes);
    }
  }

  returned(agent: BehaviorAgent, returned: Returned): void {
    const message = this.outbound.get(returned.sequence);
    if (message === undefined) return;
    for (const node of returned.nodes) {
      if (returned.reason === 'refused') this.outbound.missing(message, node, 'refused');
      else message.lastReason.set(node, missingReason(returned.reason));
    }
    message.repeatAt = Math.min(message.repeatAt, agent.now + retryAfterReturnMs);
    this.outbound.schedule(message);
  }

  event(agent: BehaviorAgent, event: KernelEvent): void {
    if (event.type === 'routes-changed') this.reroute(agent);
    else if (event.type === 'node-down' && event.reason === 'left') this.left(event.node.id);
  }

  /** Whatever went by a next hop that is no longer the one is sent again by the new one. */
  private reroute(agent: BehaviorAgent): void {
    for (const message of [...this.outbound.all()]) {
      if (this.larges.has(message.sequence)) continue;
      const moved: NodeId[] = [];
      for (const [node, via] of message.waiting) {
        const path = agent.routes.pathToNode(node);
        if (path.action === 'next' && path.neighbor !== via) moved.push(node);
      }
      if (moved.length > 0) this.repeat(agent, message, moved);
    }
  }

  private left(node: NodeId): void {
    for (const message of [...this.outbound.all()]) this.outbound.missing(message, node, 'no-route');
  }

  // ── receiving ─────────────────────────────────────────────────────────────────────────────────────

  message(agent: BehaviorAgent, frame: Frame): void {
    if (frame.type === MessageType.receipts) {
      const sound = readReceipts(frame.payload, (life, receipt) =>
        this.receipt(agent, frame.source, life, receipt),
      );
      if (!sound) this.counts.malformed++;
      return;
    }
    const data = decodeData(frame.type, frame.payload);
    if (data === undefined) this.counts.malformed++;
    else if (frame.type === MessageType.unacknowledged)
      this.offer(agent, frame, data, data.body, frame.sequence);
    else this.acknowledged(agent, frame, data);
  }

  private acknowledged(agent: BehaviorAgent, frame: Frame, data: Data): void {
    const { source, sequence } = frame;
    const freshness = this.dedup.check(source, data.life, sequence, data.floor, agent.now);
    if (freshness !== 'fresh') this.counts.duplicates++;
    if (freshness === 'seen') this.receiptAgain(agent, source, sequence, data);
    if (freshness !== 'fresh') return;
    if (data.part !== undefined) return this.partArrived(agent, frame, data);
    const taken = this.offer(agent, frame, data, data.body, sequence);
    if (taken) this.dedup.mark(source, data.life, sequence, agent.now);
    this.gather(agent, source, data.life, {
      sequence,
      status: taken ? ReceiptStatus.accepted : ReceiptStatus.busy,
    });
  }

  private receiptAgain(agent: BehaviorAgent, source: NodeId, sequence: number, data: Data): void {
    const status = data.part === undefined ? ReceiptStatus.accepted : ReceiptStatus.held;
    this.gather(agent, source, data.life, { sequence, status });
    const whole = data.part?.whole;
    if (whole !== undefined && this.dedup.has(source, data.life, whole, agent.now)) {
      this.gather(agent, source, data.life, { sequence: whole, status: ReceiptStatus.accepted });
    }
  }

  private partArrived(agent: BehaviorAgent, frame: Frame, data: Data): void {
    const { source, sequence } = frame;
    const { life, part } = data;
    if (part === undefined) return;
    const joined = this.joiner.add(source, life, part, data.body, agent.now);
    if (joined.state === 'refused') {
      return this.gather(agent, source, life, { sequence, status: ReceiptStatus.busy });
    }
    this.dedup.mark(source, life, sequence, agent.now);
    this.gather(agent, source, life, { sequence, status: ReceiptStatus.held });
    if (joined.state === 'held') return;
    const taken = this.offer(agent, frame, data, joined.body, part.whole);
    this.joiner.release(source, life, part.whole);
    if (taken) this.dedup.mark(source, life, part.whole, agent.now);
    const status = taken ? ReceiptStatus.accepted : ReceiptStatus.busy;
    this.gather(agent, source, life, { sequence: part.whole, status });
  }

  private offer(agent: BehaviorAgent, frame: Frame, data: Data, body: Uint8Array, sequence: number): boolean {
    const taken = this.inbox.offer({
      source: frame.source,
      life: data.life,
      sequence,
      kind: data.kind,
      encoding: data.encoding,
      recipients: recipientsOf(frame, agent.self.id),
      route: (frame.flags & Flag.traced) === 0 ? undefined : [frame.source, ...frame.trace, agent.self.id],
      // A view into the received chunk: the program gets its own bytes, for it may keep them for long.
      body: body === data.body ? body.slice() : body,
    } satisfies Arrival);
    if (taken) this.counts.received++;
    else this.counts.busy++;
    return taken;
  }

  // ── receipts ──────────────────────────────────────────────────────────────────────────────────────

  private gather(agent: BehaviorAgent, source: NodeId, life: number, receipt: Receipt): void {
    const key = `${source}.${life}`;
    const gathered = this.gathered.get(key);
    if (gathered === undefined) this.gathered.set(key, { source, life, receipts: [receipt] });
    else gathered.receipts.push(receipt);
    agent.flushLater();
  }

  /** All receipts of this turn, one frame per source. */
  flush(agent: BehaviorAgent): void {
    if (this.gathered.size === 0) return;
    const gathered = this.gathered;
    this.gathered = new Map();
    for (const { source, life, receipts } of gathered.values()) {
      agent.send({ to: 'node', node: source }, encodeReceipts(life, receipts), {
        type: MessageType.receipts,
      });
    }
  }

  private receipt(agent: BehaviorAgent, from: NodeId, life: number, receipt: Receipt): void {
    const message = life === this.life ? this.outbound.get(receipt.sequence) : undefined;
    if (message === undefined) return;
    switch (receipt.status) {
      case ReceiptStatus.accepted:
      case ReceiptStatus.held:
        // `held` resolves a part; for a whole message it would be a lie.
        if ((receipt.status === ReceiptStatus.held) !== (message.type === MessageType.part)) return;
        return this.outbound.delivered(message, from);
      case ReceiptStatus.refused:
        return this.outbound.missing(message, from, 'refused');
      case ReceiptStatus.busy:
        agent.log('debug', `a receiver is busy`, { node: from });
        return this.outbound.missing(message, from, 'busy');
    }
  }

  // ── snooping ──────────────────────────────────────────────────────────────────────────────────────

  transit(agent: BehaviorAgent, frame: Frame, from: Neighbor): void {
    if (frame.type === MessageType.receipts) return;
    const data = decodeData(frame.type, frame.payload);
    if (data === undefined) return;
    const transit = {
      source: frame.source,
      sequence: data.part?.whole ?? frame.sequence,
      kind: data.kind,
      encoding: data.encoding,
      recipients: recipientsOf(frame, frame.destination),
      from: from.id,
      body: data.body.slice(),
      partial: data.part !== undefined,
      totalBytes: data.part?.totalBytes ?? data.body.length,
    };
    this.deliver(agent, { type: 'transit', transit });
  }

  private deliver(agent: BehaviorAgent, event: MessagingEvent): void {
    agent.deliver(event);
  }
}

function routeTo(nodes: readonly NodeId[]): Route {
  const [first] = nodes;
  return nodes.length === 1 && first !== undefined ? { to: 'node', node: first } : { to: 'nodes', nodes };
}

function recipientsOf(frame: Frame, single: NodeId): NodeId[] {
  if (frame.kind !== RouteKind.many) return [single];
  return Array.from({ length: frame.recipientCount }, (_, i) => frame.recipient(i));
}

function missingReason(reason: DropReason): MissingReason {
  return reason === 'ttl' ? 'no-route' : reason;
}

function reasonFor(agent: BehaviorAgent, message: Pending, node: NodeId): MissingReason {
  const reachable = agent.routes.pathToNode(node).action !== 'reject';
  return reachable ? (message.lastReason.get(node) ?? 'timeout') : 'no-route';
}
