import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import {
  encodeFrame,
  Flag,
  Frame,
  type Header,
  headerBytes,
  RouteKind,
  withHop,
  withRecipients,
} from './frame.ts';

const id = fc.oneof(fc.constantFrom(0, 2 ** 48 - 1, 2 ** 24), fc.nat({ max: 2 ** 48 - 1 }));
const header: fc.Arbitrary<Header> = fc.record({
  kind: fc.constantFrom(RouteKind.link, RouteKind.node, RouteKind.key, RouteKind.service),
  type: fc.nat({ max: 255 }),
  feature: fc.nat({ max: 2 ** 32 - 1 }),
  destination: id,
  source: id,
  sequence: id,
  flags: fc.constantFrom(0, Flag.wantsReturn, Flag.returned),
  ttl: fc.nat({ max: 255 }),
});
const toMany: Header = {
  kind: RouteKind.many,
  type: 1,
  feature: 7,
  destination: 0,
  source: 5,
  sequence: 9,
  flags: 0,
  ttl: 64,
};
const payload = Uint8Array.of(10, 20, 30);

/** As it lies in a received chunk: somewhere in the middle. */
function read(bytes: Uint8Array): Frame {
  const chunk = new Uint8Array(bytes.length + 12).fill(0xee);
  chunk.set(bytes, 5);
  const frame = new Frame();
  expect(frame.read(chunk, 5, 5 + bytes.length)).toBe(true);
  return frame;
}

test('every field of a header comes back, wherever in a chunk the frame lies', () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 50 }), (fields, body) => {
      const frame = read(encodeFrame(fields, body));
      expect(frame).toMatchObject(fields);
      expect([...frame.payload]).toEqual([...body]);
      expect([frame.length, frame.recipientCount, frame.trace]).toEqual([headerBytes + body.length, 0, []]);
    }),
  );
});

test('recipients come back, and the payload begins after them', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 40 }), fc.uint8Array({ maxLength: 20 }), (recipients, body) => {
      const frame = read(encodeFrame(toMany, body, recipients));
      expect(frame.recipientCount).toBe(recipients.length);
      expect(recipients.map((_, i) => frame.recipient(i))).toEqual(recipients);
      expect([...frame.payload]).toEqual([...body]);
    }),
  );
});

test('a frame to fewer recipients keeps everything else, its trace included', () => {
  const traced = { ...toMany, flags: Flag.traced };
  const once = read(withHop(read(encodeFrame(traced, Uint8Array.of(...payload, 0), [1, 2, 3])), 77));
  const fewer = read(withRecipients(once, [2]));
  expect(fewer).toMatchObject({ ...traced });
  expect([fewer.recipientCount, fewer.recipient(0)]).toEqual([1, 2]);
  expect([[...fewer.payload], fewer.trace]).toEqual([[...payload], [77]]);
  expect(fewer.bytes.length).toBeGreaterThan(fewer.length);
});

describe('a traced frame', () => {
  const fields: Header = { ...toMany, kind: RouteKind.node, flags: Flag.traced };
  const fresh = (): Frame => read(encodeFrame(fields, Uint8Array.of(...payload, 0)));

  test('gathers its hops in order, its payload unchanged', () => {
    let frame = fresh();
    expect([frame.trace, [...frame.payload]]).toEqual([[], [...payload]]);
    const hops = [2 ** 48 - 1, 0, 12_345];
    for (const hop of hops) frame = read(withHop(frame, hop));
    expect([frame.trace, [...frame.payload]]).toEqual([hops, [...payload]]);
  });

  test('stops gathering at the limit and goes on', () => {
    let frame = fresh();
    for (let i = 0; i < limits.traceHopsMax + 3; i++) frame = read(withHop(frame, i));
    expect(frame.trace).toHaveLength(limits.traceHopsMax);
    expect([...frame.payload]).toEqual([...payload]);
  });

  test('that lies about the number of its hops has an empty trace, and is no danger', () => {
    const frame = read(encodeFrame(fields, Uint8Array.of(1, 2, 200)));
    expect([frame.trace, frame.payload.length]).toEqual([[], 3]);
    expect(read(withHop(read(encodeFrame(fields, new Uint8Array(0))), 5))).toBeInstanceOf(Frame);
  });
});

describe('a header that is not ours', () => {
  const bytes = encodeFrame(toMany, payload, [1, 2]);
  const reads = (change: (bytes: Uint8Array) => void): boolean => {
    const changed = bytes.slice();
    change(changed);
    return new Frame().read(changed, 0, changed.length);
  };

  test.each<[string, (bytes: Uint8Array) => void]>([
    ['of a later wire version', (frame) => frame.set([0x20], 4)],
    ['of wire version 0', (frame) => frame.set([0x00], 4)],
    ['of an unknown route kind', (frame) => frame.set([5], 6)],
    ['of more recipients than it has room for', (frame) => frame.set([0xff, 0xff], headerBytes)],
  ])('is refused: %s', (_what, change) => {
    expect(reads(() => undefined)).toBe(true);
    expect(reads(change)).toBe(false);
  });

  test('is refused when it is to many and ends before their count', () => {
    const short = encodeFrame(toMany, new Uint8Array(1));
    expect(new Frame().read(short, 0, short.length)).toBe(false);
  });
});

test('a hop taken is written into the frame itself', () => {
  const frame = read(encodeFrame(toMany, payload, [1]));
  frame.takeHop();
  const again = new Frame();
  again.read(frame.bytes, frame.start, frame.end);
  expect([frame.ttl, again.ttl]).toEqual([63, 63]);
});
