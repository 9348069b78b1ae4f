/**
 * Wire samples of what a mesh key and the key pair of a life add: the proof of a link, a signed announcement, a
 * sealed datagram. Keys, exporter and times are fixed; the seal draws its nonce, so that its bytes are kept as
 * they once were.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { KeyedSeal } from '../../src/host/keys/datagram-seal.ts';
import { KeyRing } from '../../src/host/keys/key-ring.ts';
import { exporterBytes, LinkProof } from '../../src/host/keys/link-proof.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { Ed25519Signer } from '../../src/host/keys/record-signer.ts';
import type { RecordSigner } from '../../src/kernel/contracts.ts';
import { instanceOf } from '../../src/kernel/identity.ts';
import {
  type Announcement,
  decodeSigned,
  encodeAnnouncement,
  isGenuine,
} from '../../src/kernel/routing/announcement.ts';
import { bytesOf, type Codec, sample, type WireSamples } from './sample.ts';
import { announcement } from './topology.ts';

const keyText = 'skein1-emsubyqcenaowxxpge7uhlefowb43jt4wqje4ccllcatw5s5tdlq-wzh5q4';
const ring = new KeyRing([MeshKey.parse(keyText, 'the samples of keys')]);
const verifier = new Ed25519Signer();
/** What stands before the 32 bytes of a private and of a public key in their DER forms (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHeadBytes = 12;

const privateKey = createPrivateKey({
  key: Buffer.concat([privateHead, Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
const signer: RecordSigner = {
  publicKey: new Uint8Array(
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(publicHeadBytes),
  ),
  sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  verify: (publicKey, bytes, signature) => verifier.verify(publicKey, bytes, signature),
};

interface Proven {
  readonly role: 'dialer' | 'listener';
  readonly dialerHello: Uint8Array;
  readonly listenerHello: Uint8Array;
}

const hellos = { dialerHello: Uint8Array.of(1, 2, 3), listenerHello: Uint8Array.of(4, 5) };
const stage = () => new LinkProof({ ring, exporter: new Uint8Array(exporterBytes).fill(9), signer });

const proof: Codec<Proven> = {
  encode: ({ role, dialerHello, listenerHello }) => stage().proof(role, dialerHello, listenerHello),
  decode(bytes) {
    const { dialerHello, listenerHello } = hellos;
    for (const role of ['dialer', 'listener'] as const) {
      const proven = stage();
      if (proven.verify(role, dialerHello, listenerHello, bytes) && proven.publicKey !== undefined)
        return { role, ...hellos };
    }
    return undefined;
  },
};

const signed: Codec<Announcement> = {
  encode: (record) => encodeAnnouncement(record, signer),
  decode(bytes) {
    const read = decodeSigned(bytes);
    return read !== undefined && isGenuine(read, signer) ? read.record : undefined;
  },
};

const sealedAtMs = 1_700_000_000_000;
const sealedHex = `f5534b5502018bcfe56800137dca85b0da45fd9be72960905ad837cb3084bbfb650d97599d71b9
  70d035966a473d63fa8b77bc2dff2f53a66c82f59afdccd3f380f203`;

const sealed: Codec<Uint8Array> = {
  encode: () => new Uint8Array(Buffer.from(sealedHex.replace(/\s/g, ''), 'hex')),
  decode(bytes) {
    const opened = new KeyedSeal(ring, () => sealedAtMs).open(bytes);
    return opened.outcome === 'opened' ? opened.bytes : undefined;
  },
};

export const keySamples: WireSamples = {
  name: 'keys',
  number: undefined,
  types: {},
  values: {},
  samples: [
    sample('proof (of the dialer)', proof, { role: 'dialer', ...hellos }),
    sample('proof (of the listener)', proof, { role: 'listener', ...hellos }),
    sample('announcement (signed)', signed, { ...announcement, instance: instanceOf(signer.publicKey) }),
    sample('datagram (sealed)', sealed, bytesOf('datagram')),
  ],
};
