/** The messages of channels: byte for byte, and whatever else may come. */
import { describe, expect, test } from 'vitest';
import { featureNumber } from '../../../kernel/identity.ts';
import { encodeFrame, Frame, RouteKind } from '../../../kernel/wire/frame.ts';
import * as wire from './wire.ts';

const ends: wire.ChannelEnds = { life: 0x010203040506, forLife: 0x111213141516, isOpener: true };

function frameOf(type: number, payload: Uint8Array): Frame {
  const header = { kind: RouteKind.node, type, feature: featureNumber('channel'), destination: 2, source: 1 };
  const bytes = encodeFrame({ ...header, sequence: 9, flags: 0, ttl: 64 }, payload);
  const frame = new Frame();
  frame.read(bytes, 0, bytes.length);
  return frame;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Of wire version 1. A change of one of these needs another version. */
const golden: readonly [keyof typeof wire.ChannelType, Uint8Array, string][] = [
  ['open', wire.encodeOpen(ends, 65_536, 'pair'), '01020304050611121314151601000100000470616972'],
  ['accepted', wire.encodeAccepted(ends, 65_536), '0102030405061112131415160100010000'],
  ['refused', wire.encodeReason(ends, 'nobody', 'no'), '0102030405061112131415160101026e6f'],
  ['data', wire.encodeDataHead(ends), '01020304050611121314151601000000000000'],
  ['credit', wire.encodeCredit(ends, 5, 70_000, 1), '0102030405061112131415160100000000000500000001117001'],
  ['end', wire.encodeEnd(ends, 5), '01020304050611121314151601000000000005'],
  ['reset', wire.encodeReason(ends, 'closing', ''), '010203040506111213141516010500'],
];

describe('the messages', () => {
  test.each(golden)('%s is these bytes', (_name, payload, bytes) => {
    expect(hex(payload)).toBe(bytes);
  });

  test.each(golden.filter(([name]) => name !== 'data'))('%s is read back', (name, payload) => {
    const cursor = new wire.ChannelCursor();
    expect(cursor.read(frameOf(wire.ChannelType[name], payload))).toBe(true);
    expect(cursor).toMatchObject(ends);
  });

  test('data is a view of what came, and never empty', () => {
    const cursor = new wire.ChannelCursor();
    const payload = wire.encodeDataHead(ends);
    expect(cursor.read(frameOf(wire.ChannelType.data, payload))).toBe(false);
    const frame = frameOf(wire.ChannelType.data, Uint8Array.of(...payload, 7, 8));
    expect(cursor.read(frame)).toBe(true);
    expect([...cursor.body()]).toEqual([7, 8]);
    expect(cursor.body().buffer).toBe(frame.bytes.buffer);
  });

  test('whatever is cut short, or longer, or of another type, is refused and throws nothing', () => {
    const cursor = new wire.ChannelCursor();
    for (const [name, payload] of golden) {
      const type = wire.ChannelType[name];
      for (let length = 0; length < payload.length; length++)
        expect(cursor.read(frameOf(type, payload.slice(0, length))), `${name} ${length}`).toBe(false);
      if (name !== 'data') expect(cursor.read(frameOf(type, Uint8Array.of(...payload, 0)))).toBe(false);
      expect(cursor.read(frameOf(99, payload))).toBe(false);
      const flipped = payload.slice();
      flipped[12] = 2;
      expect(cursor.read(frameOf(type, flipped))).toBe(false);
    }
  });

  test('a text is cut to its limit', () => {
    const cursor = new wire.ChannelCursor();
    cursor.read(frameOf(wire.ChannelType.reset, wire.encodeReason(ends, 'program', 'x'.repeat(10_000))));
    expect(cursor.text.length).toBe(512);
    expect(cursor.text.endsWith('…')).toBe(true);
  });
});
