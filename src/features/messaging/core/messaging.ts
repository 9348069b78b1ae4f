/**
 * Messaging: bodies to one, some or all nodes, with end-to-end receipts.
 *
 * A behavior, in two halves: the sender and the receiver. A message is one frame (large bodies: several)
 * to a set of recipients; each answers with a receipt once its application's queue has it. Invariant: a
 * recipient takes each message once, and a receipt is never sent for what was not taken.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  MeshCalls,
  Neighbor,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { type Frame, RouteKind, readRecipients } from '../../../kernel/wire/frame.ts';
import type { MessagingEvent, MessagingShape, Transit } from './messaging-types.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import type { MessagingCore, SentWatch } from './shared.ts';
import { DataCursor, MessageType, readReceipts } from './wire.ts';

export const messagingFeature = 'messaging';

export class Messaging implements Behavior<MessagingShape>, MessagingCore {
  readonly name = messagingFeature;
  readonly commands: CommandHandlers<MessagingShape> = {
    send: (_agent, message, reply) => this.sender.send(message, reply),
    abort: (_agent, token, reply) => reply.answer(this.sender.abort(token)),
    listen: (_agent, { consumer, kind, limit }, reply) =>
      reply.answer(this.receiver.inbox.listen(consumer, kind, limit)),
    unlisten: (_agent, consumer, reply) => reply.answer(this.receiver.inbox.unlisten(consumer)),
    consumed: (_agent, { consumer, count, byteLength }, reply) =>
      reply.answer(this.receiver.inbox.consumed(consumer, count, byteLength)),
    snoop: (agent, on, reply) => reply.answer(agent.snoop(on)),
  };
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.sender = new Sender(agent, this.watch);
      this.receiver = new Receiver(agent);
    },
    stopped: () => this.sender.abortAll(),
  };
  readonly timers: TimerCalls = {
    tick: (_agent, now) => this.receiver.forgetIdle(now),
    nextDeadline: () => this.sender.nextDeadline(),
    deadline: (_agent, now) => this.sender.deadline(now),
    flush: () => {
      this.sender.flush();
      this.receiver.flush();
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => this.message(frame),
    returned: (_agent, returned) => this.sender.returned(returned),
    transit: (agent, frame, from) => this.transit(agent, frame, from),
  };
  readonly mesh: MeshCalls = { event: (_agent, event) => this.event(event) };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  private sender!: Sender;
  private receiver!: Receiver;
  private watch: SentWatch | undefined;

  /** The hot paths of `send` and `post`: called by the api within a turn of the kernel, without a command. */
  get direct(): Sender {
    return this.sender;
  }

  /** Before the start: the hot path asks for a field that never changes. */
  watchSent(watch: SentWatch): void {
    this.watch = watch;
  }

  private message(frame: Frame): void {
    if (frame.type !== MessageType.receipts) return this.receiver.arrived(frame);
    const { source } = frame;
    const sound = readReceipts(frame.payload, (life, sequence, status) =>
      this.sender.receipt(source, life, sequence, status),
    );
    if (!sound) this.receiver.counts.malformed++;
  }

  private event(event: KernelEvent): void {
    if (event.type === 'routes-changed') this.sender.reroute();
    else if (event.type === 'node-up') this.receiver.nodeKnown(event.node.id);
    else if (event.type !== 'node-down') return;
    else if (event.reason === 'left') this.sender.left(event.node.id);
    else this.sender.hasten();
  }

  /** A message on its way through this node, while the program snoops. */
  private transit(agent: BehaviorAgent, frame: Frame, from: Neighbor): void {
    const data = new DataCursor();
    if (!data.read(frame)) return;
    const body = data.body().slice();
    const transit: Transit = {
      source: frame.source,
      sequence: data.part?.whole ?? frame.sequence,
      kind: data.kind,
      encoding: data.encoding,
      recipients: frame.kind === RouteKind.many ? readRecipients(frame.recipientBytes) : [frame.destination],
      from: from.id,
      body,
      partial: data.part !== undefined,
      totalBytes: data.part?.totalBytes ?? body.length,
    };
    agent.deliver({ type: 'transit', transit } satisfies MessagingEvent);
  }

  status(): Record<string, unknown> {
    const { inbox, counts } = this.receiver;
    const { unresolved } = this.sender;
    return {
      ...this.sender.counts,
      ...counts,
      unresolved,
      waiting: inbox.waitingCount,
      unclaimed: inbox.unclaimedCount,
    };
  }
}
