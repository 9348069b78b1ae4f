/**
 * The sending side of messaging: what programs send, from the first copy to the answer.
 *
 * Made by the messaging behavior. It decides what may be sent and how (one frame, parts, without a receipt) and
 * answers; what is under way is kept by outbound.ts, its copies by copies.ts, and asked for again by repeats.ts.
 * Invariant: every send command is answered exactly once, and what cannot leave at once is told at once.
 */
import type { BehaviorAgent, DropReason, Reply, Returned } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Copies, missingReason } from './copies.ts';
import { LargeBody } from './large-body.ts';
import { messagingLimits } from './limits.ts';
import type { MessagingEvent, SendAnswer, SendCommand } from './messaging-types.ts';
import { type Missing, none, Outbound, type Outcome, type Pending } from './outbound.ts';
import { Repeats } from './repeats.ts';
import { tooLarge, tooMany, tooManyFor } from './send-failures.ts';
import type { SentWatch } from './shared.ts';
import { Everybody, Target } from './target.ts';
import { Waiting } from './waiting.ts';
import { type Content, MessageType, type ReceiptStatus } from './wire.ts';

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
  private readonly watch: SentWatch | undefined;
  private readonly outbound = new Outbound();
  private readonly copies: Copies;
  private readonly repeats: Repeats;
  /** By the hot path, and ended in this turn. */
  private sent: Pending[] = [];
  /** Numbers of their own: nothing waits for these, so they must not come between the floor and the rest. */
  private lastUnacknowledged = unacknowledgedFrom;
  /** By the token of the command, for `abort`. */
  private readonly sends = new Map<number, Pending | LargeBody>();
  /** By the sequence of the whole. */
  private readonly larges = new Map<number, LargeBody>();

  constructor(agent: BehaviorAgent, watch?: SentWatch) {
    this.agent = agent;
    this.watch = watch;
    this.copies = new Copies(agent, this.outbound);
    this.repeats = new Repeats({
      agent,
      outbound: this.outbound,
      copies: this.copies,
      larges: this.larges,
      repeated: () => this.counts.repeated++,
    });
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
    if (this.watch !== undefined) this.watch(kind, node, true);
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
    if (dropped !== undefined) this.copies.notSent(message, node, dropped);
    return undefined;
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
    if (this.watch !== undefined) this.watch(everybody.kind, 'all', false);
    const sequence = ++this.lastUnacknowledged;
    const unsent = this.agent.sendPreparedBroadcast(everybody.head(encoding), sequence, body);
    const missing = unsent.map(({ node, reason }) => ({ node, reason: missingReason(reason) }));
    return { sequence, delivered: none, missing };
  }

  /** Without a receipt and without an object: the reason why it could not leave, or undefined. */
  post(target: Target, encoding: number, body: Uint8Array): DropReason | undefined {
    this.counts.sent++;
    if (this.watch !== undefined) this.watch(target.kind, target.node, false);
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
    if (this.watch !== undefined) this.watch(command.kind, wanted === 'all' ? 'all' : nodes, acknowledged);
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
    const unsent = this.copies.send(dataOf(command), recipients, options);
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
    this.copies.start(message, recipients);
    return message;
  }

  // ── what comes, and time ──────────────────────────────────────────────────────────────────────────

  receipt(from: NodeId, life: number, sequence: number, status: ReceiptStatus): void {
    this.copies.receipt(from, life, sequence, status);
  }

  returned(returned: Returned): void {
    this.repeats.returned(returned);
  }

  nextDeadline(): number {
    return this.outbound.nextDeadline();
  }

  deadline(now: number): void {
    this.repeats.deadline(now);
  }

  reroute(): void {
    this.repeats.reroute();
  }

  hasten(): void {
    this.repeats.hasten();
  }

  left(node: NodeId): void {
    this.repeats.left(node);
  }
}

function dataOf({ kind, encoding, body }: SendCommand): Content {
  return { kind, encoding, body, part: undefined };
}
