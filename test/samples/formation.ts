/** Wire samples of the formation: the five messages of vee, and the claim in a broker's announcement. */
import { type Claim, decodeClaim, encodeClaim } from '../../src/features/formation/core/claim.ts';
import { formationFeature } from '../../src/features/formation/core/formation.ts';
import {
  decodeFormationMessage,
  encodeFormationMessage,
  type FormationMessage,
  FormationType,
} from '../../src/features/formation/core/formation-messages.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Codec, sample, type WireSample, type WireSamples } from './sample.ts';

const message: Codec<FormationMessage> = {
  encode: encodeFormationMessage,
  decode(bytes) {
    const read = decodeFormationMessage(bytes);
    return 'problem' in read ? undefined : read;
  },
};
const claim: Codec<Claim> = { encode: encodeClaim, decode: decodeClaim };

const hail = { type: 'Hail', name: 'x', address: 'tcp://127.0.0.1:7017' } as const;

/** By the key that names the variant; a hail both as vee's and with what vee does not know. */
export const formationMessages: Readonly<Record<FormationMessage['type'], readonly FormationMessage[]>> = {
  Hail: [
    { ...hail, services: [] },
    { ...hail, services: ['render', 'echo'] },
  ],
  Pair: [{ type: 'Pair', originator: 'x', destination: 'a' }],
  Link: [{ type: 'Link', originName: 'x', destinationName: 'a', address: 'tcp://127.0.0.1:7017' }],
  Fail: [{ type: 'Fail', offender: 'x', explanation: 'no such thing' }],
  Data: [{ type: 'Data', payload: 'hello' }],
};

export const formationMessageSamples: readonly WireSample[] = Object.entries(formationMessages).flatMap(
  ([variant, messages]) =>
    messages.map((fields, at) => sample(`say (${variant}${at === 0 ? '' : ` ${at + 1}`})`, message, fields)),
);

export const claimSample: WireSample = sample('claim', claim, {
  epoch: 1_795_000_000_000,
  address: '10.0.0.1:7015',
  since: 1_795_000_000_001,
});

export const formationSamples: WireSamples = {
  name: formationFeature,
  number: featureNumber(formationFeature),
  types: FormationType,
  values: {},
  samples: [...formationMessageSamples, claimSample],
};
