/**
 * The receiving side of messaging: takes each message once and says so.
 *
 * Made by the messaging behavior. Invariant: a receipt is only sent for what the inbox accepted, now or
 * earlier; receipts of one turn to one source leave in one frame, arrivals of one turn in one event.
 */
import type { BehaviorAgent } from '../../contracts.ts';
import type { NodeId } from '../../identity.ts';
import { Dedup } from '../../parts/dedup.ts';
import { Flag, type Frame, RouteKind } from '../../wire/frame.ts';
import type { Handover } from './arrival.ts';
import { ByteSlab } from './byte-slab.ts';
import { Inbox } from './inbox.ts';
import { Joiner } from './joiner.ts';
import { DataCursor, encodeReceipts, MessageType, type Part, type Receipt, ReceiptStatus } from './wire.ts';

/** Receipts for one life of one source, gathered during a turn. */
interface Gathered {
  readonly source: NodeId;
  readonly life: number;
  readonly receipts: Receipt[];
}

export class Receiver {
  readonly counts = { received: 0, duplicates: 0, busy: 0, malformed: 0 };
  readonly inbox = new Inbox((handover) => this.handOver(handover));
  private readonly agent: BehaviorAgent;
  private readonly dedup = new Dedup();
  private readonly joiner = new Joiner();
  private readonly slab = new ByteSlab();
  /** One cursor for all messages: each is parsed in place. */
  private readonly data = new DataCursor();
  private gathered = new Map<string, Gathered>();
  private handovers: Handover[] = [];

  constructor(agent: BehaviorAgent) {
    this.agent = agent;
  }

  arrived(frame: Frame): void {
    const { data } = this;
    if (!data.read(frame)) this.counts.malformed++;
    else if (frame.type === MessageType.unacknowledged) this.offer(frame, this.ownBody(), frame.sequence);
    else this.acknowledged(frame);
  }

  forgetIdle(now: number): void {
    this.dedup.forgetIdle(now);
    this.joiner.forgetIdle(now);
  }

  /** What this turn has gathered: messages to the program, receipts to their sources. */
  flush(): void {
    if (this.handovers.length > 0) {
      const { handovers } = this;
      this.handovers = [];
      this.agent.deliver({ type: 'arrivals', handovers });
    }
    if (this.gathered.size > 0) this.sendReceipts();
  }

  private sendReceipts(): void {
    const { gathered } = this;
    this.gathered = new Map();
    for (const { source, life, receipts } of gathered.values()) {
      const payload = encodeReceipts(life, receipts);
      this.agent.send({ to: 'node', node: source }, payload, { type: MessageType.receipts });
    }
  }

  private acknowledged(frame: Frame): void {
    const { source, sequence } = frame;
    const { life, floor, part } = this.data;
    const freshness = this.dedup.check(source, life, sequence, floor, this.agent.now);
    if (freshness === 'fresh') {
      if (part === undefined) this.whole(frame, this.ownBody(), sequence);
      else this.partArrived(frame, part);
      return;
    }
    this.counts.duplicates++;
    if (freshness === 'seen') this.again(frame, part);
  }

  private whole(frame: Frame, body: Uint8Array, sequence: number): void {
    const { life } = this.data;
    const taken = this.offer(frame, body, sequence);
    if (taken) this.dedup.mark(frame.source, life, sequence, this.agent.now);
    this.gather(frame.source, life, sequence, taken ? ReceiptStatus.accepted : ReceiptStatus.busy);
  }

  private partArrived(frame: Frame, part: Part): void {
    const { source, sequence } = frame;
    const { life } = this.data;
    const joined = this.joiner.add(source, life, part, this.data.bodyView(), this.agent.now);
    if (joined.state === 'refused') return this.gather(source, life, sequence, ReceiptStatus.busy);
    this.dedup.mark(source, life, sequence, this.agent.now);
    this.gather(source, life, sequence, ReceiptStatus.held);
    if (joined.state === 'held') return;
    this.joiner.release(source, life, part.whole);
    this.whole(frame, joined.body, part.whole);
  }

  /** A repeat of what was taken: its receipt was lost, or is late. */
  private again(frame: Frame, part: Part | undefined): void {
    const { source, sequence } = frame;
    const { life } = this.data;
    this.gather(source, life, sequence, part === undefined ? ReceiptStatus.accepted : ReceiptStatus.held);
    if (part !== undefined && this.dedup.has(source, life, part.whole, this.agent.now)) {
      this.gather(source, life, part.whole, ReceiptStatus.accepted);
    }
  }

  private offer(frame: Frame, body: Uint8Array, sequence: number): boolean {
    const { life, lifeTail, kind, encoding } = this.data;
    const taken = this.inbox.offer({
      source: frame.source,
      life,
      lifeTail,
      sequence,
      kind,
      encoding,
      recipients: frame.kind === RouteKind.many ? recipientsOf(frame) : undefined,
      route:
        (frame.flags & Flag.traced) === 0 ? undefined : [frame.source, ...frame.trace, this.agent.self.id],
      body,
    });
    if (taken) this.counts.received++;
    else this.counts.busy++;
    return taken;
  }

  private ownBody(): Uint8Array {
    const { bytes, bodyStart, bodyEnd } = this.data;
    return this.slab.copy(bytes, bodyStart, bodyEnd);
  }

  private handOver(handover: Handover): void {
    this.handovers.push(handover);
    this.agent.flushLater();
  }

  private gather(source: NodeId, life: number, sequence: number, status: ReceiptStatus): void {
    const key = `${source}.${life}`;
    const gathered = this.gathered.get(key);
    if (gathered === undefined) this.gathered.set(key, { source, life, receipts: [{ sequence, status }] });
    else gathered.receipts.push({ sequence, status });
    this.agent.flushLater();
  }
}

/** The recipients that a frame to many carries. */
export function recipientsOf(frame: Frame): NodeId[] {
  return Array.from({ length: frame.recipientCount }, (_, i) => frame.recipient(i));
}
