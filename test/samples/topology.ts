/** Wire samples of topology: records in their announcements, summaries, digests and probes. */

import * as wire from '../../src/features/topology/core/messages.ts';
import { topologyFeature } from '../../src/features/topology/core/topology.ts';
import { featureNumber, idOf } from '../../src/kernel/identity.ts';
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
} from '../../src/kernel/routing/announcement.ts';
import { bucketCount, checkOf, Digests } from '../../src/kernel/routing/digests.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const instance = '0123456789abcdef';
const other = 'fedcba9876543210';

export const announcement: Announcement = {
  id: idOf('x'),
  name: 'x',
  namespace: 'test',
  instance,
  epoch: 1,
  sequence: 9,
  left: false,
  version: '1.0.0',
  addresses: ['10.0.0.1:7000', '[::1]:7000'],
  links: [idOf('a'), idOf('b'), idOf('c')].sort((a, b) => a - b),
  services: ['echo', 'render'],
  sections: new Map([['gossip', Uint8Array.of(1, 2, 3)]]),
};
const bare = { addresses: [], links: [], services: [], sections: new Map() };
const encoded = encodeAnnouncement(announcement);

/** The digests of these two records: neighbors that compute them otherwise never agree. */
const digests = new Digests();
for (const sequence of [9, 10]) digests.toggle({ ...announcement, sequence }, checkOf(encoded));

const entry = { id: idOf('a'), epoch: 1, sequence: 3, life: wire.lifeOf(instance), check: checkOf(encoded) };

const record: Codec<Announcement> = { encode: encodeAnnouncement, decode: decodeAnnouncement };
const records = { encode: wire.encodeRecords, decode: wire.decodeRecords };
const summary = { encode: wire.encodeSummary, decode: wire.decodeSummary };
const ids = { encode: wire.encodeIds, decode: wire.decodeIds };
const probe = { encode: wire.encodeProbe, decode: wire.decodeProbe };
const probeReply = { encode: wire.encodeProbeReply, decode: wire.decodeProbeReply };
const claim = { instance, uptimeMs: 0x0708090a0b0c, islandNodes: 0x1234 };
const asked = { nonce: 0x010203040506, via: idOf('a'), claim };
const replied = { nonce: 0x010203040506, prober: instance, instance: other };
const root: Codec<ArrayLike<number>> = {
  encode: wire.encodeWords,
  decode: (bytes) => wire.decodeWords(bytes, 2),
};
const buckets: Codec<ArrayLike<number>> = {
  encode: wire.encodeWords,
  decode: (bytes) => wire.decodeWords(bytes, 2 * bucketCount),
};

export const topologySamples: WireSamples = {
  name: topologyFeature,
  number: featureNumber(topologyFeature),
  types: wire.TopologyType,
  values: {},
  samples: [
    sample('announcement', record, announcement),
    sample('announcement (its last)', record, { ...announcement, ...bare, left: true }),
    sample('records', records, [
      { bytes: encoded, unreachableForMs: 0 },
      { bytes: encodeAnnouncement({ ...announcement, ...bare }), unreachableForMs: 5000 },
    ]),
    sample('summary (of everything)', summary, { buckets: undefined, entries: [entry] }),
    sample('summary (of some buckets)', summary, {
      buckets: [1, 5, 63],
      entries: [entry, { ...entry, id: idOf('b') }],
    }),
    sample('want', ids, [idOf('a'), idOf('b')]),
    sample('digest', root, digests.root()),
    sample('buckets', buckets, digests.words),
    sample('probe (of one that stays)', probe, { ...asked, stays: true }),
    sample('probe (of one that may end)', probe, { ...asked, stays: false }),
    sample('probeReply (it stays)', probeReply, { ...replied, stays: true }),
    sample('probeReply (the prober may stay)', probeReply, { ...replied, stays: false }),
  ],
};
