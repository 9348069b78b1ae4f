/** Wire samples of calls: a request, its replies by status, and what is asked and said about it. */
import { callsFeature } from '../../src/features/calls/core/calls.ts';
import * as wire from '../../src/features/calls/core/wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { concatenate } from '../../src/kernel/wire/bytes.ts';
import { bytesOf, type Codec, framed, sample, type WireSamples } from './sample.ts';

const { CallType, ReplyStatus } = wire;
const life = 0x0123456789ab;

interface Request extends wire.RequestHead {
  readonly input: Uint8Array;
}

interface Reply {
  readonly life: number;
  readonly status: wire.ReplyStatus;
  readonly load: number;
  readonly encoding: number;
  readonly output: Uint8Array;
}

const request: Codec<Request> = {
  encode: (fields) => concatenate([wire.encodeRequestHead(fields), fields.input]),
  decode(payload) {
    const cursor = new wire.CallCursor();
    if (!cursor.readRequest(framed(CallType.request, payload))) return undefined;
    const { life, lifeTail, forLife, timeoutMs, service, encoding } = cursor;
    return { life, lifeTail, forLife, timeoutMs, service, encoding, input: cursor.body() };
  },
};

const reply: Codec<Reply> = {
  encode: ({ life, status, load, encoding, output }) =>
    concatenate([wire.encodeReplyHead(life, status, load, encoding), output]),
  decode(payload) {
    const cursor = new wire.CallCursor();
    if (!cursor.readReply(framed(CallType.reply, payload))) return undefined;
    const { life, status, load, encoding } = cursor;
    return { life, status, load, encoding, output: cursor.body() };
  },
};

const failure: Codec<wire.RemoteFailure> = { encode: wire.encodeFailure, decode: wire.decodeFailure };
const lifeAlone: Codec<number> = { encode: wire.encodeLife, decode: wire.decodeLife };

const got: Codec<{ readonly life: number; readonly numbers: readonly number[] }> = {
  encode: ({ life, numbers }) => wire.encodeGot(life, numbers),
  decode(bytes) {
    let whose = 0;
    const numbers: number[] = [];
    const isWhole = wire.readGot(bytes, (of, number) => {
      whose = of;
      numbers.push(number);
    });
    return isWhole ? { life: whose, numbers } : undefined;
  },
};

const replies = Object.entries(ReplyStatus).map(([name, status]) => {
  const output = name === 'done' ? bytesOf('output') : new Uint8Array(0);
  return sample(`reply (${name})`, reply, { life, status, load: 0x0102, encoding: 1, output });
});

export const callsSamples: WireSamples = {
  name: callsFeature,
  number: featureNumber(callsFeature),
  types: CallType,
  values: { ReplyStatus },
  samples: [
    sample('request', request, {
      life,
      lifeTail: 0xcdef,
      forLife: 0x0708090a0b0c,
      timeoutMs: 0x01020304,
      service: 'echo',
      encoding: 1,
      input: bytesOf('input'),
    }),
    ...replies,
    sample('failure', failure, { code: 'E_DISK', message: 'the disk is full' }),
    sample('ask', lifeAlone, life),
    sample('cancel', lifeAlone, life),
    sample('got', got, { life, numbers: [1, 2, 3, 0x010203040506] }),
  ],
};
