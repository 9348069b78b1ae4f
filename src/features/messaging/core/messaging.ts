/**
 * Messaging: bodies to one, some or all nodes, with end-to-end receipts.
 *
 * A behavior, in two halves: the sender and the receiver. A message is one frame (large bodies: several)
 * to a set of recipients; each answers with a receipt once its application's queue has it. Invariant: a
 * recipient takes each message once, and a receipt is never sent for what was not taken.
 */
import type { Behavior, BehaviorAgent, KernelEvent, Neighbor, Returned } from '../../../kernel/contracts.ts';
import { type Frame, RouteKind, readRecipients } from '../../../kernel/wire/frame.ts';
import type { MessagingCommand, MessagingEvent, Transit } from './messaging-types.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { DataCursor, MessageType, readReceipts } from './wire.ts';

export const messagingFeature = 'messaging';

export class Messaging implements Behavior<MessagingCommand> {
  readonly name = messagingFeature;
  private sender!: Sender;
  private receiver!: Receiver;

  started(agent: BehaviorAgent): void {
    this.sender = new Sender(agent);
    this.receiver = new Receiver(agent);
  }

  stopped(): void {
    this.sender.abortAll();
  }

  tick(_agent: BehaviorAgent, now: number): void {
    this.receiver.forgetIdle(now);
  }

  /** The hot paths of `send` and `post`: called by the api within a turn of the kernel, without a command. */
  get direct(): Sender {
    return this.sender;
  }

  nextDeadline(): number {
    return this.sender.nextDeadline();
  }

  deadline(_agent: BehaviorAgent, now: number): void {
    this.sender.deadline(now);
  }

  flush(): void {
    this.sender.flush();
    this.receiver.flush();
  }

  command(agent: BehaviorAgent, command: MessagingCommand, token: number): void {
    switch (command.type) {
      case 'send':
        return this.sender.send(command, token);
      case 'abort':
        this.sender.abort(command.token);
        break;
      case 'listen':
        this.receiver.inbox.listen(command.consumer, command.kind, command.limit);
        break;
      case 'unlisten':
        this.receiver.inbox.unlisten(command.consumer);
        break;
      case 'consumed':
        this.receiver.inbox.consumed(command.consumer, command.count, command.byteLength);
        break;
      case 'snoop':
        agent.snoop(command.on);
        break;
    }
    agent.answer(token, undefined);
  }

  message(_agent: BehaviorAgent, frame: Frame): void {
    if (frame.type !== MessageType.receipts) return this.receiver.arrived(frame);
    const { source } = frame;
    const sound = readReceipts(frame.payload, (life, sequence, status) =>
      this.sender.receipt(source, life, sequence, status),
    );
    if (!sound) this.receiver.counts.malformed++;
  }

  returned(_agent: BehaviorAgent, returned: Returned): void {
    this.sender.returned(returned);
  }

  event(_agent: BehaviorAgent, event: KernelEvent): void {
    if (event.type === 'routes-changed') this.sender.reroute();
    else if (event.type === 'node-up') this.receiver.nodeKnown(event.node.id);
    else if (event.type !== 'node-down') return;
    else if (event.reason === 'left') this.sender.left(event.node.id);
    else this.sender.hasten();
  }

  /** A message on its way through this node, while the program snoops. */
  transit(agent: BehaviorAgent, frame: Frame, from: Neighbor): void {
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
