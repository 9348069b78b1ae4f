/** Wire samples of the swarm: questions to the broker and its answers, and the frames of the lines that carry them. */
import {
  decodeSwarmMessage,
  encodeAnswer,
  encodeChanged,
  encodeFailure,
  encodeQuestion,
  encodeRefusal,
  encodeUnwatch,
  encodeWatch,
  QuestionKind,
  type SwarmMessage,
} from '../../src/features/swarm/core/question-wire.ts';
import { decodeSection, encodeSection, type Section } from '../../src/features/swarm/core/section.ts';
import { swarmFeature } from '../../src/features/swarm/core/swarm.ts';
import { failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import {
  type Ack,
  encodeAck,
  encodePart,
  type LinePart,
  LineType,
  memoryPart,
  readAck,
  readHead,
  readPart,
} from '../../src/kernel/lines/wire.ts';
import { encodeFrame, Frame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const message: Codec<SwarmMessage> = {
  encode(given) {
    switch (given.type) {
      case 'question':
        return encodeQuestion(given.number, given.verb, given.json);
      case 'answer':
        return encodeAnswer(given.number, given.json);
      case 'failure':
        return encodeFailure(given.number, given.failure);
      case 'refusal':
        return encodeRefusal(given.failure);
      case 'watch':
        return encodeWatch(given.number, given.topics);
      case 'unwatch':
        return encodeUnwatch(given.number);
      case 'changed':
        return encodeChanged(given.number);
    }
  },
  decode: decodeSwarmMessage,
};

const section: Codec<Section> = { encode: encodeSection, decode: decodeSection };
const home = {
  store: '00112233445566778899aabbccddeeff',
  generation: 2,
  since: 1_790_000_000_000,
  host: 'rack-4',
};

const head = { life: 0x112233445566, forLife: 0x665544332211, run: 3 };

const part: Codec<LinePart> = {
  encode: (given) => encodePart(head, given).slice(),
  decode: (payload) => withHead(payload, readPart),
};
const ack: Codec<Ack> = {
  encode: (given) => encodeAck(head, given).slice(),
  decode: (payload) => withHead(payload, readAck),
};

function withHead<Value>(payload: Uint8Array, read: (frame: Frame) => Value | undefined): Value | undefined {
  const frame = new Frame();
  const header = {
    kind: RouteKind.node,
    type: 1,
    feature: 1,
    destination: 1,
    source: 2,
    sequence: 1,
    ttl: 1,
    flags: 0,
  };
  const bytes = encodeFrame(header, payload);
  frame.read(bytes, 0, bytes.length);
  return readHead(frame) === undefined ? undefined : read(frame);
}

export const swarmSamples: WireSamples = {
  name: swarmFeature,
  number: featureNumber(swarmFeature),
  types: LineType,
  values: { QuestionKind },
  samples: [
    sample('part', part, { isLast: true, isUrgent: false, bytes: Uint8Array.of(1, 2, 3) }),
    sample('part (one of several)', part, { isLast: false, isUrgent: false, bytes: Uint8Array.of(1) }),
    sample('part (to be acknowledged at once)', part, {
      ...{ isLast: true, isUrgent: true, bytes: Uint8Array.of(1) },
    }),
    sample('part (a memory)', part, { ...memoryPart({ number: 9, forgottenRun: 4 }) }),
    sample('ack', ack, { memory: 2, received: 7, processed: 5, isAgain: false }),
    sample('ack (again)', ack, { memory: 2, received: 7, processed: 7, isAgain: true }),
    sample('part (question)', message, { type: 'question', number: 1, verb: 'nodes', json: '{"after":""}' }),
    sample('part (answer)', message, { type: 'answer', number: 1, json: '[]' }),
    sample('part (failure)', message, {
      type: 'failure',
      number: 1,
      failure: failure('SKEIN_STORE', 'the store cannot be used'),
    }),
    sample('part (failure with details)', message, {
      type: 'failure',
      number: 1,
      failure: failure('SKEIN_UNKNOWN_NODE', 'the swarm has never seen zz', { nodes: ['zz'] }),
    }),
    sample('part (watch)', message, { type: 'watch', number: 1, topics: ['letter.7', 'letter.8'] }),
    sample('part (unwatch)', message, { type: 'unwatch', number: 1 }),
    sample('part (changed)', message, { type: 'changed', number: 1 }),
    sample('announcement (of the broker)', section, {
      canKeep: true,
      hasHome: false,
      home,
      keeper: 'a',
      isNobody: false,
      keepsFor: 0,
      turn: 0,
    }),
    sample('announcement (of the node that keeps it)', section, {
      canKeep: true,
      hasHome: true,
      home,
      keeper: undefined,
      isNobody: false,
      keepsFor: 77,
      turn: 5,
    }),
    sample('part (refusal)', message, {
      type: 'refusal',
      number: 0,
      failure: failure('SKEIN_NAME_PINNED', 'the name has another identity'),
    }),
  ],
};
