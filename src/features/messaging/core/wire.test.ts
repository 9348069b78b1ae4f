import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lifeOf } from '../../../kernel/life.ts';
import { limits } from '../../../kernel/limits.ts';
import { encodeFrame, Flag, Frame, RouteKind } from '../../../kernel/wire/frame.ts';
import { messagingLimits } from './limits.ts';
import {
  type Data,
  DataCursor,
  encodeData,
  encodeReceipts,
  MessageType,
  ReceiptStatus,
  readReceipts,
} from './wire.ts';

const header = { kind: RouteKind.node, feature: 1, destination: 2, source: 3, sequence: 4, flags: 0, ttl: 1 };
const data: Data = {
  life: lifeOf('0123456789abcdef'),
  lifeTail: 0xcdef,
  floor: 2 ** 40,
  kind: 'grüße',
  encoding: 1,
  part: undefined,
  body: Uint8Array.of(1, 2, 3),
};
const part = { whole: 9, index: 1, count: 2, totalBytes: messagingLimits.partBytes + 3 };

function frameOf(type: number, payload: Uint8Array, flags = 0): Frame {
  const bytes = encodeFrame({ ...header, type, flags }, payload);
  const frame = new Frame();
  frame.read(bytes, 0, bytes.length);
  return frame;
}

describe('a message', () => {
  test('comes back as it was, whole or as a part', () => {
    const cursor = new DataCursor();
    expect(cursor.read(frameOf(MessageType.part, encodeData({ ...data, part })))).toBe(true);
    expect(cursor).toMatchObject({ life: data.life, floor: data.floor, kind: data.kind, encoding: 1, part });
    expect([...cursor.body()]).toEqual([1, 2, 3]);
    expect(cursor.read(frameOf(MessageType.data, encodeData({ ...data, kind: 'other' })))).toBe(true);
    expect(cursor).toMatchObject({ kind: 'other', part: undefined });
    expect([...cursor.body()]).toEqual([1, 2, 3]);
  });

  test('that is traced has a body without its trace', () => {
    const cursor = new DataCursor();
    expect(cursor.read(frameOf(MessageType.data, Uint8Array.of(...encodeData(data), 0), Flag.traced))).toBe(
      true,
    );
    expect([...cursor.body()]).toEqual([1, 2, 3]);
  });

  test('cut short within its head is refused', () => {
    const headBytes = encodeData({ ...data, body: new Uint8Array(0) }).length;
    const bytes = encodeData(data);
    for (let length = 0; length < headBytes; length++) {
      expect(new DataCursor().read(frameOf(MessageType.data, bytes.subarray(0, length)))).toBe(false);
    }
    expect(new DataCursor().read(frameOf(MessageType.data, bytes.subarray(0, headBytes)))).toBe(true);
  });

  test.each([
    ['an index beyond the count', { index: 2 }],
    ['a count that does not fit the size', { count: 3 }],
    [
      'a size above the limit',
      {
        totalBytes: messagingLimits.bodyBytesMax + 1,
        count: messagingLimits.bodyBytesMax / messagingLimits.partBytes + 1,
      },
    ],
    ['no bytes at all', { totalBytes: 0, count: 0, index: 0 }],
  ])('in parts with %s is refused', (_what, changes) => {
    const bytes = encodeData({ ...data, part: { ...part, ...changes } });
    expect(new DataCursor().read(frameOf(MessageType.part, bytes))).toBe(false);
  });

  test('with a kind above the limit is refused', () => {
    const read = (kind: string): boolean =>
      new DataCursor().read(frameOf(MessageType.data, encodeData({ ...data, kind })));
    expect([read('x'.repeat(limits.kindBytesMax)), read('x'.repeat(limits.kindBytesMax + 1))]).toEqual([
      true,
      false,
    ]);
  });
});

interface Receipt {
  readonly sequence: number;
  readonly status: ReceiptStatus;
}

describe('receipts', () => {
  const read = (bytes: Uint8Array) => {
    const list: Receipt[] = [];
    const lives = new Set<number>();
    const sound = readReceipts(bytes, (life, sequence, status) => {
      lives.add(life);
      list.push({ sequence, status });
    });
    return { sound, list, lives: [...lives] };
  };
  const encode = (life: number, list: readonly Receipt[]): Uint8Array =>
    encodeReceipts(
      life,
      list.map(({ sequence }) => sequence),
      list.map(({ status }) => status),
    );
  const status = fc.constantFrom(...Object.values(ReceiptStatus));

  test('come back in order, for the life that they are of', () => {
    const receipts = fc.array(fc.record({ sequence: fc.nat({ max: 50 }), status }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(receipts, (list) => {
        expect(read(encode(data.life, list))).toEqual({ sound: true, list, lives: [data.life] });
      }),
    );
  });

  test('of a long run take a few bytes', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => ({
      sequence: 1000 + i,
      status: ReceiptStatus.accepted,
    }));
    expect(encode(1, list).length).toBeLessThan(20);
    expect(read(encode(1, list)).list).toHaveLength(10_000);
  });

  test('cut short, or with a status that is none, are malformed', () => {
    const bytes = encode(1, [{ sequence: 5, status: ReceiptStatus.busy }]);
    for (let length = 7; length < bytes.length; length++)
      expect(read(bytes.subarray(0, length)).sound).toBe(false);
    expect(read(bytes.slice().fill(9, 6, 7)).sound).toBe(false);
  });

  test('in one frame never call for more than a source may have unresolved, whatever they claim', () => {
    const entry = encode(
      1,
      Array.from({ length: 60_000 }, (_, i) => ({ sequence: i, status: 0 as const })),
    ).subarray(6);
    const bytes = new Uint8Array(6 + entry.length * 50_000);
    for (let i = 0; i < 50_000; i++) bytes.set(entry, 6 + i * entry.length);
    let calls = 0;
    expect(readReceipts(bytes, () => calls++)).toBe(false);
    expect(calls).toBeLessThanOrEqual(limits.unresolvedMax);
  });
});
