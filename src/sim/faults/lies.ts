/**
 * The lies themselves: what becomes of records that a liar passes on, and what it makes up.
 *
 * Who calls it: the liar. Invariant: all but damage is well-formed, since what does not decode is refused
 * anyway; a lie follows from the random numbers and the records alone.
 */
import { idOf } from '../../core/identity.ts';
import { limits } from '../../core/limits.ts';
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
} from '../../core/routing/announcement.ts';
import type { SeededRandom } from '../world/random.ts';

/**
 * `versions`: others' records far ahead of their own. `edges`: links that are not there, and real ones left
 * out. `ghosts`: nodes that do not exist. `damage`: bytes that make no sense. `flood`: version after
 * version. `goodbyes`: others have left. `forgeries`: another content under the very version of the truth.
 * `epochs`: the same life at a later epoch than it ever had. `omissions`: nothing at all of what it should pass on.
 */
export type LieKind =
  | 'versions'
  | 'edges'
  | 'ghosts'
  | 'damage'
  | 'flood'
  | 'goodbyes'
  | 'forgeries'
  | 'epochs'
  | 'omissions';

/** Those that seeds draw from. */
export const lieKinds: readonly LieKind[] = [
  'versions',
  'edges',
  'ghosts',
  'damage',
  'flood',
  'goodbyes',
  'forgeries',
  'epochs',
  'omissions',
];

/** Versions of one record in a flood, at once. */
const floodVersions = 30;
/** Version numbers are invented up to here: with the very last ones a name has no future (see the tests). */
const versionMax = limits.recordVersionMax - 2 ** 20;
const extraLinksMax = 5;
const aheadMin = 100;
const aheadMax = 100_000;

/** What is sent instead of this record: one or several, or itself where the lie does not concern it. */
export function lieAbout(
  kind: LieKind,
  bytes: Uint8Array,
  knownIds: readonly number[],
  random: SeededRandom,
): Uint8Array[] {
  if (kind === 'damage') return [damaged(bytes, random)];
  if (kind === 'omissions') return [];
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return [bytes];
  switch (kind) {
    case 'versions':
      return [encodeAnnouncement(farAhead(record, random))];
    case 'edges':
      return [encodeAnnouncement({ ...ahead(record, random), links: otherLinks(record, knownIds, random) })];
    case 'goodbyes':
      return [encodeAnnouncement({ ...ahead(record, random), left: true })];
    case 'epochs':
      return [encodeAnnouncement({ ...record, epoch: random.integer(record.epoch + 1, versionMax) })];
    case 'forgeries':
      return [encodeAnnouncement({ ...record, links: otherLinks(record, knownIds, random) })];
    case 'flood': {
      const first = ahead(record, random);
      return Array.from({ length: floodVersions }, (_, i) =>
        encodeAnnouncement({ ...first, sequence: first.sequence + i }),
      );
    }
    default:
      return [bytes];
  }
}

/** A node that does not exist, linked to one that does (which must say so as well, to be believed). */
export function ghostRecord(name: string, near: number, random: SeededRandom): Uint8Array {
  return encodeAnnouncement({
    id: idOf(name),
    name,
    namespace: 'sim',
    instance: randomInstance(random),
    epoch: 1,
    sequence: 1,
    left: false,
    version: 'sim',
    addresses: [`10.255.255.${random.integer(1, 254)}:7077`],
    links: [near],
    services: [],
    sections: new Map(),
  });
}

/** The liar's own record, which claims links to its ghosts. */
export function withLinks(bytes: Uint8Array, more: readonly number[], random: SeededRandom): Uint8Array {
  const record = decodeAnnouncement(bytes);
  if (record === undefined) return bytes;
  const links = sortedIds(record.id, [...record.links, ...more]);
  return encodeAnnouncement({ ...ahead(record, random), links });
}

function farAhead(record: Announcement, random: SeededRandom): Announcement {
  const isSameLife = random.chance(0.5);
  const instance = isSameLife ? record.instance : randomInstance(random);
  const epoch = isSameLife ? record.epoch : random.integer(record.epoch, versionMax);
  return { ...record, instance, epoch, sequence: random.integer(record.sequence + aheadMin, versionMax) };
}

/** Far enough that no later truth has the very same version: that would be a forgery. */
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

function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  for (let i = random.integer(1, 4); i > 0; i--)
    copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
  // What still decodes is a forgery, not damage.
  if (decodeAnnouncement(copy) !== undefined || random.chance(0.2))
    return copy.subarray(0, random.integer(0, copy.length - 1));
  return copy;
}

function randomInstance(random: SeededRandom): string {
  return [...random.bytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
