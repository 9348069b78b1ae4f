/**
 * What one liar sends, record by record: instead of true ones, and beside them.
 *
 * Who calls it: the liar, for each frame of records that its node writes. Invariant: the kinds it was given
 * and no others; what does not hold is marked, and of whom there are too many versions is told.
 */
import type { RecordSigner } from '../../../kernel/contracts.ts';
import { idOf } from '../../../kernel/identity.ts';
import { compareVersions, decodeHeading, type Heading } from '../../../kernel/routing/announcement.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { SeededRandom } from '../random.ts';
import {
  claimOf,
  damaged,
  forged,
  ghostRecord,
  harmOf,
  type LieKind,
  lieAboutItself,
  versionsOf,
  withLinks,
} from './lies.ts';

export interface Fabricated {
  readonly bytes: Uint8Array;
  /** Its signature does not hold: whoever gets it must not put up with that. */
  readonly isForged?: boolean;
  readonly unreachableForMs?: number;
}

/** Share of the records that a liar changes: a few true ones make the lies worse. */
const lieShare = 0.6;
const ghostsPerFrame = 3;
/** Of one liar: each is flooded through the whole mesh, and a run is to end. */
const ghostsMax = 60;
const forgeriesPerFrameMax = 3;
const replaysPerFrame = 10;
const claimsPerFrameMax = 2;
/** A neighbor puts up with a thousand in the long run: a few frames. */
const floodPerFrame = 400;

/** One record of which there are too many versions. */
interface Flood {
  bytes: Uint8Array;
  readonly signer: RecordSigner;
  next: number;
}

export class Fabrication {
  private readonly mesh: Mesh;
  private readonly life: Life;
  private readonly kinds: readonly LieKind[];
  private readonly random: SeededRandom;
  /** Records of nodes that do not exist. */
  private readonly invented: Uint8Array[] = [];
  /** Those that the liar claims links to. */
  private readonly linkedGhosts: number[] = [];
  private flood: Flood | undefined;

  constructor(mesh: Mesh, life: Life, kinds: readonly LieKind[], random: SeededRandom) {
    this.mesh = mesh;
    this.life = life;
    this.kinds = kinds;
    this.random = random;
  }

  /** For a record that the node meant to send. */
  insteadOf(bytes: Uint8Array): readonly Fabricated[] {
    if (!this.random.chance(lieShare)) return [{ bytes }];
    const kind = this.random.pick(this.kinds);
    if (kind === 'omissions') return [];
    if (kind === 'damage') return [{ bytes: damaged(bytes, this.random) }];
    if (decodeHeading(bytes)?.id === this.life.node.id) return [this.signed(this.aboutItself(kind, bytes))];
    return kind === 'forge' ? this.forgeryOf(bytes) : [{ bytes }];
  }

  /** For a frame that is on its way anyway. */
  extra(): readonly Fabricated[] {
    return this.kinds.flatMap((kind) => this.extraOf(kind));
  }

  private extraOf(kind: LieKind): readonly Fabricated[] {
    switch (kind) {
      case 'forge':
        return this.times(forgeriesPerFrameMax, () => this.forgery());
      case 'replay':
        return Array.from({ length: replaysPerFrame }, () => this.replayed());
      case 'flood':
        return this.flooded();
      case 'claims':
        return this.times(claimsPerFrameMax, () => this.claim());
      case 'ghosts':
        return Array.from({ length: ghostsPerFrame }, () => this.signed(this.ghost()));
      default:
        return [];
    }
  }

  private times(max: number, make: () => readonly Fabricated[]): Fabricated[] {
    return Array.from({ length: this.random.integer(1, max) }, make).flat();
  }

  private get signer(): RecordSigner {
    const { signer } = this.life.platform;
    if (signer === undefined) throw new Error('a program that has begun has a signer');
    return signer;
  }

  private get knownIds(): number[] {
    return [...this.life.knows.keys()].map(idOf);
  }

  private aboutItself(kind: LieKind, bytes: Uint8Array): Uint8Array {
    const { random, signer } = this;
    if (this.linkedGhosts.length > 0) return withLinks(bytes, this.linkedGhosts, signer, random);
    return lieAboutItself(kind, bytes, this.knownIds, { signer, random });
  }

  private forgeryOf(bytes: Uint8Array): readonly Fabricated[] {
    const { mesh, random } = this;
    const forgery = forged(bytes, this.knownIds, this.signer, { latest: mesh.latestVersions, random });
    return forgery === undefined ? [{ bytes }] : [{ bytes: forgery, isForged: true }];
  }

  /** Of a node that it knows, from the newest that this has said. */
  private forgery(): readonly Fabricated[] {
    const truth = this.newestOfAnother();
    return truth === undefined ? [] : this.forgeryOf(truth);
  }

  private claim(): readonly Fabricated[] {
    const truth = this.newestOfAnother();
    if (truth === undefined) return [];
    return [this.signed(claimOf(truth, this.mesh.notary.makeSigner(this.random), this.random))];
  }

  private newestOfAnother(): Uint8Array | undefined {
    const lives = this.mesh.living.filter(({ node }) => this.life.knows.has(node.name));
    return lives.length === 0 ? undefined : this.mesh.archive.newestOf(this.random.pick(lives).node.instance);
  }

  /** Anything that anybody has ever said, of lives that are over as well. */
  private replayed(): Fabricated {
    const { archive } = this.mesh;
    const unreachableForMs = this.random.pick([0, this.random.integer(0, 100_000)]);
    return { bytes: archive.record(this.random.integer(0, archive.size - 1)), unreachableForMs };
  }

  private flooded(): readonly Fabricated[] {
    this.flood ??= this.newFlood();
    const { flood } = this;
    if (flood === undefined) return [];
    if (flood.signer === this.signer) this.keepAhead(flood);
    const versions = versionsOf(flood.bytes, flood.next, floodPerFrame, flood.signer);
    flood.next += floodPerFrame;
    return versions.map((bytes) => this.signed(bytes));
  }

  /** The node goes on announcing itself, after a restart by leaps: what it has overtaken costs nobody anything. */
  private keepAhead(flood: Flood): void {
    const own = this.mesh.archive.newestOf(this.life.node.instance);
    const heading = own && decodeHeading(own);
    const begun = decodeHeading(flood.bytes);
    if (own === undefined || heading === undefined || begun === undefined) return;
    if (compareVersions(heading, { ...begun, sequence: flood.next }) < 0) return;
    flood.bytes = own;
    flood.next = heading.sequence + floodPerFrame;
  }

  /** Its own record or a ghost's. Versions must rise to cost anybody anything: no other lie may be ahead of them. */
  private newFlood(): Flood | undefined {
    const own = this.mesh.archive.newestOf(this.life.node.instance);
    if (own === undefined) return undefined;
    const sequence = (decodeHeading(own)?.sequence ?? 0) + floodPerFrame;
    const isAhead = this.kinds.some((kind) => kind !== 'flood' && harmOf([kind]) === 'itself');
    if (!isAhead && this.random.chance(0.5))
      return this.begun({ bytes: own, signer: this.signer, next: sequence });
    const signer = this.mesh.notary.makeSigner(this.random);
    return this.begun({ bytes: this.inventedBy(signer), signer, next: 2 });
  }

  private signed(bytes: Uint8Array): Fabricated {
    this.mesh.latestVersions.note(bytes);
    return { bytes };
  }

  private begun(flood: Flood): Flood {
    const { id } = decodeHeading(flood.bytes) as Heading;
    this.mesh.tell((observer) => observer.floods?.(this.life, id));
    return flood;
  }

  private ghost(): Uint8Array {
    if (this.invented.length >= ghostsMax) return this.random.pick(this.invented);
    const record = this.inventedBy(this.mesh.notary.makeSigner(this.random));
    this.invented.push(record);
    return record;
  }

  private inventedBy(signer: RecordSigner): Uint8Array {
    const name = `ghost-${this.random.integer(0, 0xffffff).toString(16)}`;
    this.mesh.namesEver.add(name);
    const isLinked = this.kinds.includes('ghosts') && this.linkedGhosts.length < ghostsPerFrame;
    if (isLinked) this.linkedGhosts.push(idOf(name));
    return ghostRecord(name, this.life.node.id, signer, this.random);
  }
}
