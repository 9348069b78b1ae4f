/**
 * A node's own announcement: when it changes, it is made anew and numbered.
 *
 * Who calls it: the topology behavior. Invariant: versions only rise, and a node makes fewer of them
 * than receivers take of one origin: the first at once, the next after gaps that double.
 */
import type { RecordSigner, SelfView } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Throttle } from '../../../kernel/parts/throttle.ts';
import { type Announcement, encodeAnnouncement } from '../../../kernel/routing/announcement.ts';
import { topologyLimits } from './limits.ts';

export class OwnRecord {
  epoch = 1;
  private sequence = 0;
  private changed = true;
  private isFinal = false;
  private readonly throttle = new Throttle(topologyLimits.announceGapMs, topologyLimits.announceGapMsMax);
  private readonly signer: RecordSigner | undefined;

  constructor(signer?: RecordSigner) {
    this.signer = signer;
  }

  change(): void {
    this.changed = true;
  }

  /** This life takes the name over from another that stood at `epoch`. */
  outbid(epoch: number): void {
    // A neighbor that had not heard yet showed the old life once more: versions must not start again.
    if (epoch < this.epoch) return;
    this.epoch = epoch + 1;
    this.sequence = 0;
    this.changed = true;
  }

  /** Somebody shows another record of this very life, of this version or a later one: go on after it. */
  skipTo(epoch: number, sequence: number): void {
    if (epoch > this.epoch) {
      this.epoch = epoch;
      this.sequence = sequence;
    } else if (epoch === this.epoch) {
      this.sequence = Math.max(this.sequence, sequence);
    }
    this.changed = true;
  }

  /** The next record, if one is due and allowed. */
  next(
    self: SelfView,
    neighbors: ReadonlyMap<NodeId, unknown>,
    now: number,
    addresses: () => readonly string[] = () => self.addresses,
  ): { record: Announcement; bytes: Uint8Array } | undefined {
    if (this.isFinal || !this.changed || !this.throttle.take(now)) return undefined;
    this.changed = false;
    // Heard by nobody: the first that matters need not wait for it.
    if (neighbors.size === 0) this.throttle.reset();
    return this.make({ ...self, addresses: addresses() }, neighbors.keys(), false);
  }

  /** The last one: nothing may follow a goodbye. */
  final(self: SelfView): { record: Announcement; bytes: Uint8Array } {
    this.isFinal = true;
    return this.make(self, [], true);
  }

  nextDeadline(): number {
    return this.changed && !this.isFinal ? this.throttle.nextAt : Number.POSITIVE_INFINITY;
  }

  /** Past the last sequence that is believed the next epoch begins. */
  private count(): void {
    if (this.sequence < limits.recordVersionMax) {
      this.sequence++;
    } else {
      this.epoch++;
      this.sequence = 1;
    }
  }

  private make(
    self: SelfView,
    neighbors: Iterable<NodeId>,
    left: boolean,
  ): { record: Announcement; bytes: Uint8Array } {
    this.count();
    const record: Announcement = {
      id: self.id,
      name: self.name,
      namespace: self.namespace,
      instance: self.instance,
      epoch: this.epoch,
      sequence: this.sequence,
      left,
      version: self.version,
      addresses: self.addresses.slice(0, limits.addressesPerRecordMax),
      links: [...neighbors].sort((a, b) => a - b).slice(0, limits.linksPerRecordMax),
      services: [...self.services].sort(),
      sections: self.sections,
    };
    return {
      record: { ...record, sections: new Map(self.sections) },
      bytes: encodeAnnouncement(record, this.signer),
    };
  }
}
