/** Wire samples of channels: their beginning, data, credit and every way in which they end. */
import { channelFeature } from '../../src/features/channels/core/channels.ts';
import * as wire from '../../src/features/channels/core/wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { concatenate } from '../../src/kernel/wire/bytes.ts';
import { headerBytes } from '../../src/kernel/wire/frame.ts';
import { byPlace, bytesOf, type Codec, framed, sample, type WireSamples } from './sample.ts';

const { ChannelType, CreditFlag } = wire;
const ends: wire.ChannelEnds = { life: 0x0123456789ab, forLife: 0x0708090a0b0c, isOpener: true };

/** @param rest What the cursor has read for this type, besides the ends. */
function codec<Rest>(
  type: number,
  encode: (fields: wire.ChannelEnds & Rest) => Uint8Array,
  rest: (cursor: wire.ChannelCursor) => Rest,
): Codec<wire.ChannelEnds & Rest> {
  return {
    encode,
    decode(payload) {
      const cursor = new wire.ChannelCursor();
      if (!cursor.read(framed(type, payload))) return undefined;
      const { life, forLife, isOpener } = cursor;
      return { life, forLife, isOpener, ...rest(cursor) };
    },
  };
}

const open = codec(
  ChannelType.open,
  (fields: wire.ChannelEnds & { window: number; protocol: string }) =>
    wire.encodeOpen(fields, fields.window, fields.protocol),
  ({ window, protocol }) => ({ window, protocol }),
);
const accepted = codec(
  ChannelType.accepted,
  (fields: wire.ChannelEnds & { window: number }) => wire.encodeAccepted(fields, fields.window),
  ({ window }) => ({ window }),
);
const reasonOf = (type: number) =>
  codec(
    type,
    (fields: wire.ChannelEnds & { reason: wire.ResetReason; text: string }) =>
      wire.encodeReason(fields, fields.reason, fields.text),
    ({ reason, text }) => ({ reason, text }),
  );
const data = codec(ChannelType.data, encodeData, (cursor) => ({
  offset: cursor.offset,
  body: cursor.body(),
}));
const credit = codec(
  ChannelType.credit,
  (fields: wire.ChannelEnds & { received: number; limit: number; flags: number }) =>
    wire.encodeCredit(fields, fields.received, fields.limit, fields.flags),
  ({ received, limit, flags }) => ({ received, limit, flags }),
);
const end = codec(
  ChannelType.end,
  (fields: wire.ChannelEnds & { offset: number }) => wire.encodeEnd(fields, fields.offset),
  ({ offset }) => ({ offset }),
);

/** The offset is written into a whole frame, of which this is the payload. */
function encodeData(fields: wire.ChannelEnds & { offset: number; body: Uint8Array }): Uint8Array {
  const frame = concatenate([new Uint8Array(headerBytes), wire.encodeDataHead(fields), fields.body]);
  wire.completeData(frame, frame.length, 1, fields.offset);
  return frame.slice(headerBytes);
}

export const channelSamples: WireSamples = {
  name: channelFeature,
  number: featureNumber(channelFeature),
  types: ChannelType,
  values: { CreditFlag, resetReasons: byPlace(wire.resetReasons) },
  samples: [
    sample('open', open, { ...ends, window: 0x01020304, protocol: 'pair' }),
    sample('accepted', accepted, { ...ends, isOpener: false, window: 0x01020304 }),
    sample('refused', reasonOf(ChannelType.refused), {
      ...ends,
      isOpener: false,
      reason: 'program',
      text: 'not now',
    }),
    sample('data', data, { ...ends, offset: 0x010203040506, body: bytesOf('body') }),
    sample('credit', credit, {
      ...ends,
      received: 0x010203040506,
      limit: 0x111213141516,
      flags: CreditFlag.again | CreditFlag.answer,
    }),
    sample('end', end, { ...ends, offset: 0x010203040506 }),
    ...wire.resetReasons.map((reason) =>
      sample(`reset (${reason})`, reasonOf(ChannelType.reset), { ...ends, reason, text: 'enough' }),
    ),
  ],
};
