/**
 * A liar: a member whose records, its own and those it passes on, leave its machine as something else.
 *
 * Who calls it: `faults.ts` and tests; the platform hands it what the node writes. Invariant: only records
 * are touched, frame by frame, so that links live on; the node itself is honest, and once the fault ends
 * everything that it says is true again. Whom it must be cut off by is told to the observers.
 */
import { decodeRecords, encodeRecords, TopologyType } from '../../../features/topology/core/messages.ts';
import { featureNumber } from '../../../kernel/identity.ts';
import { concatenate } from '../../../kernel/wire/bytes.ts';
import { encodeFrame, Frame, RouteKind } from '../../../kernel/wire/frame.ts';
import type { Life, Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { frameRanges } from '../network/frames.ts';
import type { StreamEnd } from '../network/stream.ts';
import type { SeededRandom } from '../random.ts';
import { type Fabricated, Fabrication } from './fabrication.ts';
import { type Fault, livesOf } from './fault.ts';
import { harmOf, type LieKind } from './lies.ts';

export { type LieKind, lieKinds } from './lies.ts';

const feature = featureNumber('topology');
/** The node announces itself anew this often, so that there is something to lie about. */
const announceMs = 400;
/** A socket with this much waiting takes no lies: it shall not fail for their number alone. */
const waitingBytesMax = 64 * 1024;

/** A member that sends lies of these kinds beside what its node says: about itself, others and the mesh. */
export function liar(member: Member, kinds: readonly LieKind[], random: SeededRandom): Fault {
  let lying: Lying | undefined;
  return {
    name: 'liar',
    text: `${member.name} lies (${kinds.join(', ')})`,
    start: (mesh) => {
      const [life] = livesOf([member]);
      if (life === undefined) return;
      lying = new Lying(mesh, life, kinds, random);
      lying.start();
    },
    end: () => lying?.stop(),
  };
}

class Lying {
  private readonly mesh: Mesh;
  private readonly life: Life;
  private readonly fabrication: Fabrication;
  private readonly frame = new Frame();
  private readonly kinds: readonly LieKind[];
  private active = true;
  private ended: () => void = () => undefined;

  constructor(mesh: Mesh, life: Life, kinds: readonly LieKind[], random: SeededRandom) {
    this.mesh = mesh;
    this.life = life;
    this.kinds = kinds;
    this.fabrication = new Fabrication(mesh, life, kinds, random);
  }

  start(): void {
    this.ended = this.mesh.liars.began(this.life, harmOf(this.kinds));
    this.life.platform.tampering = (end, bytes) => this.tamper(end, bytes);
    this.mesh.tell((observer) => observer.lied?.(this.life));
    this.announce();
  }

  stop(): void {
    this.active = false;
    this.life.platform.tampering = undefined;
    this.ended();
  }

  private announce(): void {
    if (!this.active || this.life.member.life !== this.life || this.life.isLeaving) return;
    this.life.node.announce().catch(() => undefined);
    this.mesh.world.touchProgram();
    this.mesh.world.after(announceMs, () => this.announce());
  }

  private tamper(end: StreamEnd, bytes: Uint8Array): Uint8Array {
    const ranges = frameRanges(bytes);
    if (ranges === undefined || !ranges.some(([start, stop]) => this.isOfRecords(bytes, start, stop)))
      return bytes;
    const [first] = ranges[0] as [number, number];
    const parts = [bytes.subarray(0, first)];
    for (const [start, stop] of ranges) {
      const isTouched = this.isOfRecords(bytes, start, stop);
      parts.push(isTouched ? this.changed(end) : bytes.subarray(start, stop));
    }
    return concatenate(parts);
  }

  private isOfRecords(bytes: Uint8Array, start: number, end: number): boolean {
    const { frame } = this;
    if (!frame.read(bytes, start, end)) return false;
    return frame.feature === feature && frame.kind === RouteKind.link && frame.type === TopologyType.records;
  }

  /** The frame of records at the cursor, with lies in it. */
  private changed(end: StreamEnd): Uint8Array {
    const { frame, fabrication } = this;
    const sent: Fabricated[] = (decodeRecords(frame.payload) ?? []).flatMap(({ bytes, unreachableForMs }) =>
      fabrication.insteadOf(bytes.slice()).map((one) => ({ unreachableForMs, ...one })),
    );
    if (end.waitingBytes < waitingBytesMax) sent.push(...fabrication.extra());
    if (sent.some(({ isForged }) => isForged))
      this.mesh.tell((observer) => observer.forged?.(this.life, end.other.host));
    const { kind, type, feature: number, destination, source, sequence, flags, ttl } = frame;
    const header = { kind, type, feature: number, destination, source, sequence, flags, ttl };
    return encodeFrame(header, encodeRecords(sent.map((one) => ({ unreachableForMs: 0, ...one }))));
  }
}
