/** Wire samples of messaging: messages of each type, in parts too, and their receipts. */
import { messagingFeature } from '../../src/features/messaging/core/messaging.ts';
import {
  type Data,
  DataCursor,
  encodeData,
  encodeReceipts,
  MessageType,
  ReceiptStatus,
  readReceipts,
} from '../../src/features/messaging/core/wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { bytesOf, type Codec, framed, sample, type WireSamples } from './sample.ts';

const data: Data = {
  life: 0x0123456789ab,
  lifeTail: 0xcdef,
  floor: 0x010203040506,
  kind: 'greeting',
  encoding: 1,
  part: undefined,
  body: bytesOf('body'),
};

function codecOf(type: number): Codec<Data> {
  return {
    encode: encodeData,
    decode(payload) {
      const cursor = new DataCursor();
      if (!cursor.read(framed(type, payload))) return undefined;
      const { life, lifeTail, floor, kind, encoding, part } = cursor;
      return { life, lifeTail, floor, kind, encoding, part, body: cursor.body() };
    },
  };
}

interface Receipts {
  readonly life: number;
  readonly receipts: readonly (readonly [sequence: number, status: ReceiptStatus])[];
}

const receipts: Codec<Receipts> = {
  encode: ({ life, receipts }) =>
    encodeReceipts(
      life,
      receipts.map(([sequence]) => sequence),
      receipts.map(([, status]) => status),
    ),
  decode(bytes) {
    let life = 0;
    const read: [number, ReceiptStatus][] = [];
    const isWhole = readReceipts(bytes, (of, sequence, status) => {
      life = of;
      read.push([sequence, status]);
    });
    return isWhole ? { life, receipts: read } : undefined;
  },
};

const { accepted, refused, busy, held } = ReceiptStatus;

export const messagingSamples: WireSamples = {
  name: messagingFeature,
  number: featureNumber(messagingFeature),
  types: MessageType,
  values: { ReceiptStatus },
  samples: [
    sample('data', codecOf(MessageType.data), data),
    sample('data (without a kind or a body)', codecOf(MessageType.data), {
      ...data,
      kind: '',
      encoding: 0,
      body: new Uint8Array(0),
    }),
    sample('unacknowledged', codecOf(MessageType.unacknowledged), { ...data, floor: 0 }),
    sample('part', codecOf(MessageType.part), {
      ...data,
      part: { whole: 0x0708090a0b0c, index: 1, count: 2, totalBytes: 300_000 },
    }),
    sample('receipts', receipts, {
      life: data.life,
      receipts: [
        [1, accepted],
        [2, accepted],
        [3, refused],
        [0x010203040506, busy],
        [0x010203040507, held],
      ],
    }),
  ],
};
