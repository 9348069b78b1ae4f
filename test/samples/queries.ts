/**
 * Wire samples of queries. They have no frames of their own: one to a node is a request of calls, one to the swarm a
 * question to its broker, whose JSON is here.
 */
import { queriesFeature } from '../../src/features/queries/core/queries.ts';
import {
  decodeSwarmMessage,
  encodeAnswer,
  encodeQuestion,
} from '../../src/features/swarm/core/question-wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const question: Codec<unknown> = {
  encode: (query) => encodeQuestion(1, 'query', JSON.stringify(query)),
  decode: jsonOf,
};
const answer: Codec<unknown> = {
  encode: (given) => encodeAnswer(1, JSON.stringify(given)),
  decode: jsonOf,
};

function jsonOf(bytes: Uint8Array): unknown {
  const message = decodeSwarmMessage(bytes);
  if (message?.type !== 'question' && message?.type !== 'answer') return undefined;
  try {
    return JSON.parse(message.json);
  } catch {
    return undefined;
  }
}

export const queriesSamples: WireSamples = {
  name: queriesFeature,
  number: featureNumber(queriesFeature),
  types: {},
  values: {},
  samples: [
    sample('question', question, { name: 'service', encoding: 1, body: 'ZGVjaG8=' }),
    sample('answer', answer, { encoding: 0, body: 'AQID' }),
    sample('answer (failed)', answer, { failed: { code: 'SKEIN_UNKNOWN_QUERY', message: 'it is unknown' } }),
  ],
};
