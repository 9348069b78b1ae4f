/**
 * A liar: a member whose records, its own and those it passes on, leave its machine as something else.
 *
 * Who calls it: `faults.ts` and tests; the platform hands it what the node writes. Invariant: only records
 * are touched, frame by frame, so that links live on; the node itself is honest, and once the fault ends
 * everything that it says is true again.
 */

import { decodeRecords, encodeRecords, TopologyType } from '../../core/features/topology/messages.ts';
import { featureNumber, idOf } from '../../core/identity.ts';
import { decodeHeading } from '../../core/routing/announcement.ts';
import { encodeFrame, Frame, RouteKind } from '../../core/wire/frame.ts';
import type { Life, Member, Mesh } from '../mesh.ts';
import { frameRanges } from '../network/frames.ts';
import type { SeededRandom } from '../world/random.ts';
import { type Fault, livesOf } from './fault.ts';
import { ghostRecord, type LieKind, lieAbout, withLinks } from './lies.ts';

export { type LieKind, lieKinds } from './lies.ts';

const feature = featureNumber('topology');
/** Share of the records that a liar changes: a few true ones make the lies worse. */
const lieShare = 0.6;
const ghostsPerFrame = 3;
/** Of one liar: each is flooded through the whole mesh, and a run is to end. */
const ghostsMax = 60;
/** The node announces itself anew this often, so that there is something to lie about. */
const announceMs = 400;

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
  private readonly kinds: readonly LieKind[];
  private readonly random: SeededRandom;
  private readonly frame = new Frame();
  /** Records of nodes that do not exist. */
  private readonly invented: Uint8Array[] = [];
  /** Those that the liar claims links to. */
  private readonly linkedGhosts: number[] = [];
  private active = true;

  constructor(mesh: Mesh, life: Life, kinds: readonly LieKind[], random: SeededRandom) {
    this.mesh = mesh;
    this.life = life;
    this.kinds = kinds;
    this.random = random;
  }

  start(): void {
    this.mesh.liarBegan();
    this.life.platform.tampering = (_link, bytes) => this.tamper(bytes);
    this.announce();
  }

  stop(): void {
    this.active = false;
    this.life.platform.tampering = undefined;
    this.mesh.liarEnded();
  }

  private announce(): void {
    if (!this.active || this.life.member.life !== this.life || this.life.isLeaving) return;
    this.life.node.announce().catch(() => undefined);
    this.mesh.world.touchProgram();
    this.mesh.world.after(announceMs, () => this.announce());
  }

  private tamper(bytes: Uint8Array): Uint8Array {
    const ranges = frameRanges(bytes);
    if (ranges === undefined || !ranges.some(([start, end]) => this.isOfRecords(bytes, start, end)))
      return bytes;
    const [first] = ranges[0] as [number, number];
    const parts = [bytes.subarray(0, first)];
    for (const [start, end] of ranges) {
      const isTouched = this.isOfRecords(bytes, start, end);
      parts.push(isTouched ? this.changed() : bytes.subarray(start, end));
    }
    return joined(parts);
  }

  private isOfRecords(bytes: Uint8Array, start: number, end: number): boolean {
    const { frame } = this;
    if (!frame.read(bytes, start, end)) return false;
    return frame.feature === feature && frame.kind === RouteKind.link && frame.type === TopologyType.records;
  }

  /** The frame of records at the cursor, with lies in it. */
  private changed(): Uint8Array {
    const { frame, random } = this;
    const records = (decodeRecords(frame.payload) ?? []).flatMap(({ bytes, unreachableForMs }) => {
      const lies = random.chance(lieShare) ? this.lies(bytes.slice()) : [bytes.slice()];
      return lies.map((lie) => ({ bytes: lie, unreachableForMs }));
    });
    if (this.kinds.includes('ghosts'))
      for (const bytes of this.ghosts()) records.push({ bytes, unreachableForMs: 0 });
    return encodeFrame(headerOf(frame), encodeRecords(records));
  }

  private lies(bytes: Uint8Array): Uint8Array[] {
    const kind = this.random.pick(this.kinds);
    const isOwn = decodeHeading(bytes)?.id === this.life.node.id;
    if (isOwn && this.linkedGhosts.length > 0) return [withLinks(bytes, this.linkedGhosts, this.random)];
    const knownIds = [...this.life.knows.keys()].map(idOf);
    return lieAbout(kind, bytes, knownIds, this.random);
  }

  private ghosts(): Uint8Array[] {
    return Array.from({ length: ghostsPerFrame }, () =>
      this.invented.length < ghostsMax ? this.newGhost() : this.random.pick(this.invented),
    );
  }

  private newGhost(): Uint8Array {
    const name = `ghost-${this.random.integer(0, 0xffffff).toString(16)}`;
    this.mesh.namesEver.add(name);
    if (this.linkedGhosts.length < ghostsPerFrame) this.linkedGhosts.push(idOf(name));
    const record = ghostRecord(name, this.life.node.id, this.random);
    this.invented.push(record);
    return record;
  }
}

function headerOf({ kind, type, feature: number, destination, source, sequence, flags, ttl }: Frame) {
  return { kind, type, feature: number, destination, source, sequence, flags, ttl };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
