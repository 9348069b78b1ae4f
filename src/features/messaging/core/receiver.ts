/**
 * The receiving side of messaging: takes each message once and says so.
 *
 * Made by the messaging behavior. Invariant: a receipt is only sent for what the inbox accepted, now or
 * earlier; receipts of one turn to one source leave in one frame, arrivals of one turn in one event.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Dedup } from '../../../kernel/parts/dedup.ts';
import { UnknownSources } from '../../../kernel/parts/unknown-sources.ts';
import { Flag, type Frame } from '../../../kernel/wire/frame.ts';
import type { Arrival, Origin } from './arrival.ts';
import { Inbox } from './inbox.ts';
import { Joiner } from './joiner.ts';
import { DataCursor, encodeReceipts, MessageType, type Part, ReceiptStatus } from './wire.ts';

const nobody: readonly number[] = [];

/** Receipts for one life of one source, gathered during a turn. */
interface Gathered {
  readonly origin: Origin;
  readonly sequences: number[];
  readonly statuses: ReceiptStatus[];
}

export class Receiver {
  readonly counts = { received: 0, duplicates: 0, busy: 0, malformed: 0, unknownSource: 0 };
  readonly inbox = new Inbox((arrival) => this.handOver(arrival));
  private readonly agent: BehaviorAgent;
  private readonly dedup = new Dedup();
  private readonly joiner = new Joiner();
  /** One cursor for all messages: each is parsed in place. */
  private readonly data = new DataCursor();
  private readonly unknownSources = new UnknownSources();
  private lastSource: NodeId | undefined;
  private lastOrigin: Origin | undefined;
  /** Of all sources; nearly always there is one in a turn. */
  private gathered: Gathered[] = [];
  private lastGathered: Gathered | undefined;
  private arrivals: Arrival[] = [];

  constructor(agent: BehaviorAgent) {
    this.agent = agent;
  }

  arrived(frame: Frame): void {
    const { data } = this;
    if (!data.read(frame)) this.counts.malformed++;
    // Its record is still on its way: nobody could be told a name, or answer.
    else if (!this.isKnown(frame.source)) this.unknown(frame);
    else if (frame.type === MessageType.unacknowledged) this.offer(frame, data.body(), frame.sequence);
    else this.acknowledged(frame);
  }

  /** Messages of one source mostly follow each other; a record stays for an hour after its node is lost. */
  private isKnown(source: NodeId): boolean {
    if (source === this.lastSource) return true;
    if (this.unknownSources.has(source)) return false;
    if (this.agent.directory.get(source) === undefined) return false;
    this.lastSource = source;
    return true;
  }

  private unknown(frame: Frame): void {
    if (!this.unknownSources.hold(frame, this.agent.now)) this.counts.unknownSource++;
  }

  /** A node is known: what it has sent already is taken now. */
  nodeKnown(source: NodeId): void {
    for (const frame of this.unknownSources.of(source)) this.arrived(frame);
  }

  forgetIdle(now: number): void {
    this.counts.unknownSource += this.unknownSources.forgetOld(now);
    this.dedup.forgetIdle(now);
    this.joiner.forgetIdle(now);
  }

  /** What this turn has gathered: messages to the program, receipts to their sources. */
  flush(): void {
    if (this.arrivals.length > 0) {
      const { arrivals } = this;
      this.arrivals = [];
      this.agent.deliver({ type: 'arrivals', arrivals });
    }
    if (this.gathered.length > 0) this.sendReceipts();
  }

  private sendReceipts(): void {
    const { gathered } = this;
    this.gathered = [];
    this.lastGathered = undefined;
    for (const { origin, sequences, statuses } of gathered) {
      const payload = encodeReceipts(origin.life, sequences, statuses);
      this.agent.send({ to: 'node', node: origin.source }, payload, { type: MessageType.receipts });
    }
  }

  private acknowledged(frame: Frame): void {
    const { source, sequence } = frame;
    const { life, floor, part } = this.data;
    const freshness = this.dedup.check(source, life, sequence, floor, this.agent.now);
    if (freshness === 'fresh') {
      if (part === undefined) this.whole(frame, this.data.body(), sequence);
      else this.partArrived(frame, part);
      return;
    }
    this.counts.duplicates++;
    if (freshness === 'seen') this.again(frame, part);
  }

  private whole(frame: Frame, body: Uint8Array, sequence: number): void {
    const origin = this.originOf(frame.source);
    const taken = this.offer(frame, body, sequence);
    if (taken) this.dedup.mark(frame.source, origin.life, sequence, this.agent.now);
    this.gather(origin, sequence, taken ? ReceiptStatus.accepted : ReceiptStatus.busy);
  }

  private partArrived(frame: Frame, part: Part): void {
    const { source, sequence } = frame;
    const origin = this.originOf(source);
    const { life } = origin;
    const joined = this.joiner.add(source, life, part, this.data.body(), this.agent.now);
    if (joined.state === 'refused') return this.gather(origin, sequence, ReceiptStatus.busy);
    this.dedup.mark(source, life, sequence, this.agent.now);
    this.gather(origin, sequence, ReceiptStatus.held);
    if (joined.state === 'held') return;
    this.joiner.release(source, life, part.whole);
    this.whole(frame, joined.body, part.whole);
  }

  /** A repeat of what was taken: its receipt was lost, or is late. */
  private again(frame: Frame, part: Part | undefined): void {
    const { source, sequence } = frame;
    const origin = this.originOf(source);
    this.gather(origin, sequence, part === undefined ? ReceiptStatus.accepted : ReceiptStatus.held);
    if (part !== undefined && this.dedup.has(source, origin.life, part.whole, this.agent.now)) {
      this.gather(origin, part.whole, ReceiptStatus.accepted);
    }
  }

  private offer(frame: Frame, body: Uint8Array, sequence: number): boolean {
    const { kind, encoding } = this.data;
    const taken = this.inbox.offer({
      origin: this.originOf(frame.source),
      sequence,
      kind,
      encoding,
      recipients: frame.recipientCount > 1 ? frame.recipientBytes : undefined,
      route:
        (frame.flags & Flag.traced) === 0 ? undefined : [frame.source, ...frame.trace, this.agent.self.id],
      body,
      consumers: nobody,
    });
    if (taken) this.counts.received++;
    else this.counts.busy++;
    return taken;
  }

  private handOver(arrival: Arrival): void {
    this.arrivals.push(arrival);
    this.agent.flushLater();
  }

  /** Of the message that the cursor is at. */
  private originOf(source: NodeId): Origin {
    const { life, lifeTail } = this.data;
    const last = this.lastOrigin;
    if (last?.source === source && last.life === life && last.lifeTail === lifeTail) return last;
    this.lastOrigin = { source, life, lifeTail };
    return this.lastOrigin;
  }

  private gather(origin: Origin, sequence: number, status: ReceiptStatus): void {
    let last = this.lastGathered;
    if (last?.origin !== origin) {
      last = this.gathered.find((one) => isSame(one.origin, origin));
      if (last === undefined) {
        last = { origin, sequences: [], statuses: [] };
        this.gathered.push(last);
      }
      this.lastGathered = last;
    }
    last.sequences.push(sequence);
    last.statuses.push(status);
    this.agent.flushLater();
  }
}

function isSame(one: Origin, other: Origin): boolean {
  return one.source === other.source && one.life === other.life;
}
