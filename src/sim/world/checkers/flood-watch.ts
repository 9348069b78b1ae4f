/**
 * Tells of each link over which more came than anybody has to put up with: versions of one record, each newer
 * than all that had arrived before it.
 *
 * Who calls it: the checker of cut-offs. Invariant: it counts where the records arrive, in the order in which
 * the node gets them. What a relay was faster with is old news when it comes over the link, and costs nobody
 * anything.
 */

import { topologyLimits } from '../../../features/topology/core/limits.ts';
import { decodeRecords, TopologyType } from '../../../features/topology/core/messages.ts';
import { featureNumber, type NodeId } from '../../../kernel/identity.ts';
import {
  compareVersions,
  decodeHeading,
  type Heading,
  type RecordVersion,
} from '../../../kernel/routing/announcement.ts';
import { Frame, RouteKind } from '../../../kernel/wire/frame.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { ArrivingFrames } from '../network/frames.ts';
import type { StreamEnd } from '../network/stream.ts';

const feature = featureNumber('topology');
/** Twice what is allowed: the receiver's clock may run fast, and leap. */
const floodMin = 2 * (topologyLimits.excessRecordsBurst + topologyLimits.recordsBurst);
const floodPerSecond = 2 * (topologyLimits.excessRecordsPerSecond + topologyLimits.recordsPerSecond);

export interface FloodListener {
  /** The first version of a flooded record has come from the liar itself. */
  began(liar: Life, victim: Life): void;
  /** More than anybody puts up with. Told again when as many have come once more. */
  exceeded(liar: Life, victim: Life): void;
}

/** What one stream has brought to one end of it. */
interface Arrivals {
  readonly frames: ArrivingFrames;
  since: number;
  /** Versions of a flooded record that were newer than all before, over whatever link. */
  newer: number;
}

export class FloodWatch {
  private readonly mesh: Mesh;
  private readonly listener: FloodListener;
  private readonly frame = new Frame();
  private readonly arrivals = new WeakMap<StreamEnd, Arrivals>();
  /** By the origin of too many versions: who makes them. */
  private readonly floods = new Map<NodeId, Life>();
  /** Of each life: the newest that has arrived of these origins. */
  private readonly newest = new WeakMap<Life, Map<NodeId, RecordVersion>>();

  constructor(mesh: Mesh, listener: FloodListener) {
    this.mesh = mesh;
    this.listener = listener;
    mesh.observers.push({
      floods: (liar, origin) => this.floods.set(origin, liar),
      read: (life, end, bytes) => this.reads(life, end, bytes),
    });
  }

  private reads(life: Life, end: StreamEnd, piece: Uint8Array): void {
    const arrivals = this.arrivalsOf(end);
    const { bytes, ranges } = arrivals.frames.push(piece);
    if (this.floods.size === 0) return;
    for (const [start, stop] of ranges)
      for (const heading of this.headings(bytes, start, stop)) this.take(life, end, arrivals, heading);
  }

  private arrivalsOf(end: StreamEnd): Arrivals {
    const known = this.arrivals.get(end);
    if (known !== undefined) return known;
    const arrivals = { frames: new ArrivingFrames(), since: this.mesh.world.now, newer: 0 };
    this.arrivals.set(end, arrivals);
    return arrivals;
  }

  private headings(bytes: Uint8Array, start: number, stop: number): Heading[] {
    const { frame } = this;
    if (!frame.read(bytes, start, stop) || frame.feature !== feature) return [];
    if (frame.kind !== RouteKind.link || frame.type !== TopologyType.records) return [];
    return (decodeRecords(frame.payload) ?? []).flatMap((record) => decodeHeading(record.bytes) ?? []);
  }

  private take(life: Life, end: StreamEnd, arrivals: Arrivals, heading: Heading): void {
    const liar = this.floods.get(heading.id);
    if (liar === undefined || !this.isNewest(life, heading)) return;
    if (end.other.host !== liar.member.host) return;
    if (arrivals.newer++ === 0) this.listener.began(liar, life);
    const { now } = this.mesh.world;
    if (arrivals.newer <= floodMin + (floodPerSecond * (now - arrivals.since)) / 1000) return;
    this.listener.exceeded(liar, life);
    arrivals.newer = 0;
    arrivals.since = now;
  }

  private isNewest(life: Life, { id, instance, epoch, sequence }: Heading): boolean {
    const newest = this.newest.get(life) ?? new Map<NodeId, RecordVersion>();
    const version = { instance, epoch, sequence };
    const known = newest.get(id);
    if (known !== undefined && compareVersions(version, known) <= 0) return false;
    this.newest.set(life, newest.set(id, version));
    return true;
  }
}
