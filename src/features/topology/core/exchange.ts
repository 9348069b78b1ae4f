/**
 * The topology handler of one link: what this neighbor still has to be sent, and the digest comparison.
 *
 * Made by the topology behavior. A new link starts with a full summary from both ends; later each sync
 * period `digest` -> (differs) `buckets` -> `summary` of those -> `records` and `want`. Invariant: what is
 * queued is sent once, as the newest version known at that moment.
 */
import type { ConnectionAgent, ConnectionHandler } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Throttle } from '../../../kernel/parts/throttle.ts';
import { bucketCount, bucketOf } from '../../../kernel/routing/digests.ts';
import type { NodeRecord, Records } from '../../../kernel/routing/records.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { topologyLimits } from './limits.ts';
import {
  type CarriedRecord,
  decodeIds,
  decodeProbeReply,
  decodeRecords,
  decodeSummary,
  decodeWords,
  encodeIds,
  encodeRecords,
  encodeSummary,
  encodeWords,
  lifeOf,
  type ProbeReply,
  type Summary,
  type SummaryEntry,
  TopologyType,
} from './messages.ts';

/** What the handler tells its behavior. */
export type ExchangeEvent =
  | { readonly type: 'records'; readonly records: readonly CarriedRecord[] }
  | { readonly type: 'probe-reply'; readonly reply: ProbeReply }
  /** Records were queued for sending. */
  | { readonly type: 'queued' };

/** A summary of these is an answer: it is never answered by another. */
const allBuckets: readonly number[] = Array.from({ length: bucketCount }, (_, bucket) => bucket);

export class Exchange implements ConnectionHandler {
  private readonly records: Records;
  private readonly queued = new Set<NodeId>();
  private readonly throttle = new Throttle(topologyLimits.floodGapMs, topologyLimits.floodGapMsMax);
  private agent: ConnectionAgent | undefined;
  /** The other end has said what it has: before that, part of the news could be taken for the whole. */
  private isCompared = false;

  constructor(records: Records) {
    this.records = records;
  }

  opened(agent: ConnectionAgent): void {
    this.agent = agent;
    this.sendSummary(undefined);
  }

  /** The node leaves: what is queued cannot wait. */
  flushNow(now: number): void {
    this.throttle.reset();
    this.isCompared = true;
    this.flush(now);
  }

  queue(id: NodeId): void {
    this.queued.add(id);
  }

  /** The other end has just shown that it has the newest version of this record. */
  shown(id: NodeId): void {
    this.queued.delete(id);
  }

  /** When what is queued may leave. */
  nextDeadline(): number {
    return this.queued.size === 0 || !this.isCompared ? Number.POSITIVE_INFINITY : this.throttle.nextAt;
  }

  flush(now: number): void {
    if (this.queued.size === 0 || !this.isCompared || !this.throttle.take(now)) return;
    let batch: CarriedRecord[] = [];
    let bytes = 0;
    for (const id of this.queued) {
      const record = this.records.get(id);
      if (record === undefined) continue;
      batch.push(carried(record, now));
      bytes += record.bytes.length;
      if (bytes < topologyLimits.recordsFrameBytesMax) continue;
      this.send(TopologyType.records, encodeRecords(batch));
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) this.send(TopologyType.records, encodeRecords(batch));
    this.queued.clear();
  }

  sendDigest(): void {
    this.send(TopologyType.digest, encodeWords(this.records.digests.root()));
  }

  message(agent: ConnectionAgent, frame: Frame): void {
    if (!this.handle(agent, frame.type, frame.payload)) {
      agent.log('warn', `${agent.neighbor.name} sent a topology message that makes no sense`, {
        type: frame.type,
      });
      agent.close('protocol');
    }
  }

  /** False when the message is malformed. */
  private handle(agent: ConnectionAgent, type: number, payload: Uint8Array): boolean {
    switch (type) {
      case TopologyType.records:
        return this.take(decodeRecords(payload), (records) => this.tell(agent, { type: 'records', records }));
      case TopologyType.summary:
        return this.take(decodeSummary(payload), (summary) => this.compare(agent, summary));
      case TopologyType.want:
        return this.take(decodeIds(payload), (ids) => this.wanted(agent, ids));
      case TopologyType.digest:
        return this.take(decodeWords(payload, 2), (root) => this.compareRoot(agent, root));
      case TopologyType.buckets:
        return this.take(decodeWords(payload, bucketCount * 2), (words) => this.compareBuckets(words));
      case TopologyType.probeReply:
        return this.take(decodeProbeReply(payload), (reply) =>
          this.tell(agent, { type: 'probe-reply', reply }),
        );
      default:
        return true;
    }
  }

  private take<Decoded>(decoded: Decoded | undefined, handle: (decoded: Decoded) => void): boolean {
    if (decoded === undefined) return false;
    handle(decoded);
    return true;
  }

  private tell(agent: ConnectionAgent, event: ExchangeEvent): void {
    agent.tellBehavior(event);
  }

  /** Sends what the other end lacks, asks for what it has newer. */
  private compare(agent: ConnectionAgent, summary: Summary): void {
    // The other end lost the link and begins anew; here it was only replaced, and no summary was sent.
    if (summary.buckets === undefined && this.isCompared) this.sendSummary(allBuckets);
    this.isCompared = true;
    const theirs = new Map<NodeId, SummaryEntry>(summary.entries.map((entry) => [entry.id, entry]));
    const wanted: NodeId[] = [];
    for (const entry of summary.entries) {
      const mine = this.records.get(entry.id);
      // On a new link the other end compares our summary too and sends by itself.
      if (summary.buckets !== undefined && (mine === undefined || isNewer(entry, mine)))
        wanted.push(entry.id);
    }
    for (const record of this.inScope(summary.buckets)) {
      const entry = theirs.get(record.id);
      if (entry === undefined || isOlder(entry, record)) this.queue(record.id);
    }
    if (wanted.length > 0) this.send(TopologyType.want, encodeIds(wanted));
    if (this.queued.size > 0) this.tell(agent, { type: 'queued' });
  }

  private wanted(agent: ConnectionAgent, ids: readonly NodeId[]): void {
    for (const id of ids) if (this.records.get(id) !== undefined) this.queue(id);
    this.tell(agent, { type: 'queued' });
  }

  private compareRoot(agent: ConnectionAgent, root: Uint32Array): void {
    const [a, b] = this.records.digests.root();
    if (root[0] !== a || root[1] !== b)
      return this.send(TopologyType.buckets, encodeWords(this.records.digests.words));
    this.isCompared = true;
    if (this.queued.size > 0) this.tell(agent, { type: 'queued' });
  }

  private compareBuckets(words: Uint32Array): void {
    const differing = this.records.digests.differing(words);
    if (differing.length > 0) this.sendSummary(differing);
  }

  private sendSummary(buckets: readonly number[] | undefined): void {
    const entries = [...this.inScope(buckets)].map((record) => ({
      id: record.id,
      epoch: record.newest.epoch,
      sequence: record.newest.sequence,
      life: lifeOf(record.newest.instance),
      check: record.check,
    }));
    this.send(TopologyType.summary, encodeSummary({ buckets, entries }));
  }

  /** Everything, or the reachable records of some buckets (which is what digests cover). */
  private *inScope(buckets: readonly number[] | undefined): Iterable<NodeRecord> {
    for (const record of this.records.entries()) {
      if (buckets === undefined || (record.reachable && buckets.includes(bucketOf(record.id)))) yield record;
    }
  }

  private send(type: number, payload: Uint8Array): void {
    this.agent?.sendHere(payload, { type, urgent: true });
  }
}

function carried(record: NodeRecord, now: number): CarriedRecord {
  return { bytes: record.bytes, unreachableForMs: unreachableForMs(record, now) };
}

function unreachableForMs(record: NodeRecord, now: number): number {
  // Of a life that is over: the name is free at once, whatever the clock says.
  if (record.isContested) return Math.max(limits.goneAfterMs, Math.round(now - record.goneSince));
  // A reachable record, and one whose links were never checked yet, counts as fresh.
  const forMs = record.reachable ? 0 : Math.max(1, Math.round(now - record.since));
  return record.isOver ? Math.max(limits.goneAfterMs, forMs) : forMs;
}

function isOlder(entry: SummaryEntry, record: NodeRecord): boolean {
  return compare(entry, record) < 0;
}

function isNewer(entry: SummaryEntry, record: NodeRecord): boolean {
  return compare(entry, record) > 0;
}

function compare(entry: SummaryEntry, record: NodeRecord): number {
  return (
    entry.epoch - record.newest.epoch ||
    entry.sequence - record.newest.sequence ||
    entry.life - lifeOf(record.newest.instance) ||
    entry.check - record.check
  );
}
