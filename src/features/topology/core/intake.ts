/**
 * Takes records from neighbors: checks them, limits each origin's rate, puts them with the others.
 *
 * Who calls it: the topology behavior. Invariant: no origin gets more than its allowance into the
 * records; what exceeds it is not lost, the newest waits until the allowance has grown again.
 */
import type { LinkId, RecordSigner, SelfView } from '../../../kernel/contracts.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { TokenBuckets } from '../../../kernel/parts/token-buckets.ts';
import {
  type Announcement,
  compareVersions,
  decodeHeading,
  decodeSigned,
  type Heading,
  isGenuine,
} from '../../../kernel/routing/announcement.ts';
import { compareContents, type NodeRecord, type Records } from '../../../kernel/routing/records.ts';
import { topologyLimits } from './limits.ts';
import type { CarriedRecord } from './messages.ts';

export type Taken =
  /** `before` holds the sections of the version it replaced. */
  | {
      readonly outcome: 'accepted';
      readonly record: NodeRecord;
      readonly before: ReadonlyMap<string, Uint8Array> | undefined;
    }
  /** A record of this node's own name, not older than its own. */
  | { readonly outcome: 'own'; readonly record: Announcement }
  /** The very version that is known. */
  | { readonly outcome: 'same'; readonly id: NodeId }
  /** We know a newer one: the sender should have it. */
  | { readonly outcome: 'older'; readonly id: NodeId }
  | { readonly outcome: 'collision'; readonly known: string; readonly name: string }
  | { readonly outcome: 'full'; readonly name: string }
  /** Its node did not make it. */
  | { readonly outcome: 'forged'; readonly name: string }
  /** More than its origin may make: it waits. */
  | { readonly outcome: 'deferred' }
  | { readonly outcome: 'ignored' };

interface Deferred {
  readonly record: Announcement;
  readonly received: CarriedRecord;
  readonly from: LinkId;
}

const ignored: Taken = { outcome: 'ignored' };
const postponed: Taken = { outcome: 'deferred' };

export class Intake {
  private readonly records: Records;
  private readonly allowances = new TokenBuckets<NodeId>(
    topologyLimits.recordsPerSecond,
    topologyLimits.recordsBurst,
    limits.recordsMax,
  );
  private readonly deferred = new Map<NodeId, Deferred>();

  private readonly signer: RecordSigner | undefined;
  private readonly isShutOut: (node: NodeId, instance: Instance) => boolean;

  /** @param signer Without one, signatures are neither made nor asked for. @param isShutOut Its records are ignored. */
  constructor(
    records: Records,
    signer?: RecordSigner,
    isShutOut: (node: NodeId, instance: Instance) => boolean = () => false,
  ) {
    this.records = records;
    this.signer = signer;
    this.isShutOut = isShutOut;
  }

  /** What its heading says already. Most of what comes is known: each record comes over nearly every link. */
  glance(bytes: Uint8Array, self: SelfView): Taken | Heading {
    const heading = decodeHeading(bytes);
    if (heading === undefined || this.isShutOut(heading.id, heading.instance)) return ignored;
    const known = this.records.get(heading.id);
    if (known !== undefined) {
      if (known.name !== heading.name) return { outcome: 'collision', known: known.name, name: heading.name };
      const versions = compareVersions(heading, known.newest);
      const order = versions || compareContents(bytes, known);
      const isOwnVersion = versions === 0 && order !== 0 && heading.id === self.id;
      if (order <= 0 && !isOwnVersion) return { outcome: order === 0 ? 'same' : 'older', id: heading.id };
    }
    return heading;
  }

  take(bytes: Uint8Array, unreachableForMs: number, from: LinkId, self: SelfView, now: number): Taken {
    const heading = this.glance(bytes, self);
    if ('outcome' in heading) return heading;
    const decoded = decodeSigned(bytes);
    if (decoded === undefined) return ignored;
    // Before it counts for its origin in any way: a forger must not use up the origin's allowance.
    if (this.signer !== undefined && !isGenuine(decoded, this.signer))
      return { outcome: 'forged', name: heading.name };
    const { record } = decoded;
    // Of the version of ours or a newer one: whichever of the two wins, ours must be a newer one.
    if (record.id === self.id) return { outcome: 'own', record };
    if (!this.allowances.take(record.id, now)) {
      this.defer({
        record,
        received: { bytes: bytes.slice(), unreachableForMs },
        from,
      });
      return postponed;
    }
    return this.accept(record, bytes, unreachableForMs, now);
  }

  /** What had to wait and now may be taken (again by `take`). */
  due(now: number): Deferred[] {
    const due: Deferred[] = [];
    for (const [id, deferred] of [...this.deferred]) {
      if (this.allowances.nextAt(id, now) > now) continue;
      this.deferred.delete(id);
      due.push(deferred);
    }
    return due;
  }

  nextDeadline(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const id of this.deferred.keys()) next = Math.min(next, this.allowances.nextAt(id, now));
    return next;
  }

  private accept(record: Announcement, bytes: Uint8Array, unreachableForMs: number, now: number): Taken {
    const before = this.records.get(record.id)?.announcement.sections;
    // The bytes lie inside a received chunk that is about to go away.
    const reception = this.records.put(record, bytes.slice(), now, unreachableForMs);
    if (reception === 'full') return { outcome: 'full', name: record.name };
    if (reception !== 'newer') return ignored;
    return { outcome: 'accepted', record: this.records.get(record.id) as NodeRecord, before };
  }

  /** Of what has to wait only the newest is kept. */
  private defer(deferred: Deferred): void {
    const waiting = this.deferred.get(deferred.record.id);
    if (waiting === undefined && this.deferred.size >= topologyLimits.recordsDeferredMax) return;
    if (waiting !== undefined && compareVersions(waiting.record, deferred.record) > 0) return;
    this.deferred.set(deferred.record.id, deferred);
  }
}
