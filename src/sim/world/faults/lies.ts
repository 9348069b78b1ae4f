/**
 * The lies themselves: what becomes of records that a liar passes on, and what it makes up.
 *
 * Who calls it: the liar. Invariant: all but damage is well-formed, since what does not decode is refused
 * anyway; a lie follows from the random numbers and the records alone. What a liar says of itself it signs
 * with its own key, as its program would; what it says of others it cannot sign.
 */
import type { RecordSigner } from '../../../kernel/contracts.ts';
import { idOf, instanceOf } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import {
  type Announcement,
  decodeAnnouncement,
  decodeSigned,
  encodeAnnouncement,
} from '../../../kernel/routing/announcement.ts';
import type { LatestVersions } from '../latest-versions.ts';
import type { Harm } from '../liars.ts';
import type { SeededRandom } from '../random.ts';

/**
 * Of itself, signed: `versions` far ahead of its own; `edges`, links that are not there, and real ones left
 * out; `goodbyes`, that it has left; `variants`, other contents under the very version of the truth;
 * `epochs` later than it ever had. `flood`: far more versions than are taken, of itself or of a ghost.
 * Of others: `forge`, changed, with a signature that cannot hold; `replay`, old ones of all, and of lives
 * that are over; `claims`, lives that nobody has started, under their names. `ghosts`: nodes that do not
 * exist. `damage`: bytes that make no sense. `omissions`: nothing of what it should say or pass on.
 */
export type LieKind =
  | 'versions'
  | 'edges'
  | 'goodbyes'
  | 'variants'
  | 'epochs'
  | 'flood'
  | 'forge'
  | 'replay'
  | 'claims'
  | 'ghosts'
  | 'damage'
  | 'omissions';

const harms: Readonly<Record<LieKind, Harm>> = {
  versions: 'itself',
  edges: 'itself',
  goodbyes: 'itself',
  variants: 'itself',
  epochs: 'itself',
  flood: 'nobody',
  forge: 'nobody',
  replay: 'nobody',
  claims: 'names',
  ghosts: 'itself',
  damage: 'nobody',
  omissions: 'nobody',
};

/** Those that seeds draw from. */
export const lieKinds = Object.keys(harms) as LieKind[];

/** Whom the worst of these may harm. */
export function harmOf(kinds: readonly LieKind[]): Harm {
  const all = new Set(kinds.map((kind) => harms[kind]));
  return all.has('names') ? 'names' : all.has('itself') ? 'itself' : 'nobody';
}

/** Version numbers are invented up to here: with the very last ones a name has no future (see the tests). */
const versionMax = limits.recordVersionMax - 2 ** 20;
const extraLinksMax = 5;
const aheadMin = 100;
const aheadMax = 100_000;

/** What is sent instead of the liar's own record. */
export function lieAboutItself(
  kind: LieKind,
  bytes: Uint8Array,
  knownIds: readonly number[],
  { signer, random }: { readonly signer: RecordSigner; readonly random: SeededRandom },
): Uint8Array {
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return bytes;
  switch (kind) {
    case 'versions': {
      const sequence = random.integer(record.sequence + aheadMin, versionMax);
      return encodeAnnouncement({ ...record, sequence }, signer);
    }
    case 'edges': {
      const links = otherLinks(record, knownIds, random);
      return encodeAnnouncement({ ...ahead(record, random), links }, signer);
    }
    case 'goodbyes':
      return encodeAnnouncement({ ...ahead(record, random), left: true }, signer);
    case 'variants':
      return encodeAnnouncement({ ...record, links: otherLinks(record, knownIds, random) }, signer);
    case 'epochs':
      return encodeAnnouncement({ ...record, epoch: random.integer(record.epoch + 1, versionMax) }, signer);
    default:
      return bytes;
  }
}

/** Another's record, newer than all that has been signed and untrue, with a signature that is not its node's. */
export function forged(
  bytes: Uint8Array,
  knownIds: readonly number[],
  own: RecordSigner,
  { latest, random }: { readonly latest: LatestVersions; readonly random: SeededRandom },
): Uint8Array | undefined {
  const decoded = decodeSigned(bytes);
  if (decoded === undefined) return undefined;
  const { record, publicKey, signature } = decoded;
  // One that is older than what its recipient knows is passed by unread, as everything old is.
  const newest = { ...record, ...latest.laterOf(record) };
  const untrue = { ...ahead(newest, random), ...untruth(record, knownIds, random) };
  const keys = [{ ...own, publicKey, sign: () => signature }, { ...own, publicKey }, own];
  return encodeAnnouncement(untrue, random.pick(keys));
}

/** Another life of this name, properly signed with a key of its own. */
export function claimOf(bytes: Uint8Array, signer: RecordSigner, random: SeededRandom): Uint8Array {
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return bytes;
  const epoch = random.integer(record.epoch, versionMax);
  const sequence = random.integer(record.sequence + aheadMin, versionMax);
  return encodeAnnouncement({ ...record, instance: instanceOf(signer.publicKey), epoch, sequence }, signer);
}

/** A node that does not exist, linked to one that does (which must say so as well, to be believed). */
export function ghostRecord(
  name: string,
  near: number,
  signer: RecordSigner,
  random: SeededRandom,
): Uint8Array {
  const ghost: Announcement = {
    id: idOf(name),
    name,
    namespace: 'sim',
    instance: instanceOf(signer.publicKey),
    epoch: 1,
    sequence: 1,
    left: false,
    version: 'sim',
    addresses: [`10.255.255.${random.integer(1, 254)}:7077`],
    links: [near],
    services: [],
    sections: new Map(),
  };
  return encodeAnnouncement(ghost, signer);
}

/** The liar's own record, which claims links to its ghosts. */
export function withLinks(
  bytes: Uint8Array,
  more: readonly number[],
  signer: RecordSigner,
  random: SeededRandom,
): Uint8Array {
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return bytes;
  const links = sortedIds(record.id, [...record.links, ...more]);
  return encodeAnnouncement({ ...ahead(record, random), links }, signer);
}

/** So many versions of one record, the next one each. @param from The sequence of the first. */
export function versionsOf(
  bytes: Uint8Array,
  from: number,
  count: number,
  signer: RecordSigner,
): Uint8Array[] {
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return [];
  return Array.from({ length: count }, (_, i) =>
    encodeAnnouncement({ ...record, sequence: from + i }, signer),
  );
}

export function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  for (let i = random.integer(1, 4); i > 0; i--)
    copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
  // What still decodes is a forgery, not damage.
  if (decodeAnnouncement(copy) !== undefined || random.chance(0.2))
    return copy.subarray(0, random.integer(0, copy.length - 1));
  return copy;
}

/** Something of this record that its node never said. */
function untruth(
  record: Announcement,
  knownIds: readonly number[],
  random: SeededRandom,
): Partial<Announcement> {
  return random.pick([
    { left: true },
    { services: ['forged'] },
    { links: otherLinks(record, knownIds, random) },
    { addresses: ['10.255.255.255:7077'] },
  ]);
}

/** Far enough that no later truth has the very same version: that would be a variant. */
function ahead(record: Announcement, random: SeededRandom): Announcement {
  return { ...record, sequence: record.sequence + random.integer(aheadMin, aheadMax) };
}

function otherLinks(record: Announcement, knownIds: readonly number[], random: SeededRandom): number[] {
  const kept = record.links.filter(() => random.chance(0.5));
  return sortedIds(record.id, [...kept, ...random.sample(knownIds, random.integer(0, extraLinksMax))]);
}

function sortedIds(self: number, ids: readonly number[]): number[] {
  return [...new Set(ids)].filter((id) => id !== self).sort((a, b) => a - b);
}
