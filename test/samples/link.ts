/** Wire samples of the link's own messages: hello, proof, acceptance, refusal, heartbeat, goodbye. */
import { errorCodes } from '../../src/kernel/errors.ts';
import { featureNumber, idOf } from '../../src/kernel/identity.ts';
import {
  acceptanceOf,
  ControlType,
  decodeHeartbeat,
  encodeHeartbeat,
  goodbyeOf,
  goodbyeReason,
  goodbyeReasons,
  saysAnother,
} from '../../src/kernel/link/control.ts';
import { decodeHello, encodeHello, type Hello } from '../../src/kernel/link/hello.ts';
import { decodeRefusal, encodeRefusal } from '../../src/kernel/link/refusal.ts';
import { byPlace, type Codec, sample, type WireSamples } from './sample.ts';

export const hello: Hello = {
  wireVersion: 1,
  wireVersionMin: 1,
  id: idOf('x'),
  name: 'x',
  namespace: 'test',
  instance: '0123456789abcdef',
  version: '1.0.0',
  purpose: { feature: featureNumber('channel'), reason: 7, isPrivate: true },
  solicits: true,
  uptimeMs: 1234,
  stallToleranceMs: 4000,
  features: ['topology', 'messaging'],
  keyId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  islandNodes: 0x1234,
};

const helloCodec = { encode: encodeHello, decode: decodeHello };
const refusal = { encode: encodeRefusal, decode: decodeRefusal };
const acceptance = { encode: acceptanceOf, decode: saysAnother };
const goodbye = { encode: goodbyeOf, decode: goodbyeReason };
const heartbeat = { encode: encodeHeartbeat, decode: decodeHeartbeat };
/** Without a key it is empty; what it holds with one is in the samples of keys. */
const proof: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

export const linkSamples: WireSamples = {
  name: 'link',
  number: 0,
  types: ControlType,
  values: { goodbyeReasons: byPlace(goodbyeReasons) },
  samples: [
    sample('hello (with a key)', helloCodec, hello),
    sample('hello (without a key)', helloCodec, {
      ...hello,
      purpose: { feature: 0, reason: 0, isPrivate: false },
      solicits: false,
      features: [],
      keyId: new Uint8Array(0),
    }),
    sample('proof (without a key)', proof, new Uint8Array(0)),
    sample('accept (its only link)', acceptance, false),
    sample('accept (it has another)', acceptance, true),
    // By their names: a refusal's code is text on the wire.
    ...Object.keys(errorCodes).map((code) =>
      sample(`refuse (${code})`, refusal, { code: code as keyof typeof errorCodes, message: 'no room' }),
    ),
    sample('heartbeat', heartbeat, { sent: 0x01020304, echo: 0x05060708, held: 0x090a0b0c }),
    ...goodbyeReasons.map((reason) => sample(`goodbye (${reason})`, goodbye, reason)),
  ],
};
