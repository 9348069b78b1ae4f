/** The two halves of a channel, and how much may be under way between them. */
import { describe, expect, test } from 'vitest';
import { Flight } from './flight.ts';
import { channelLimits } from './limits.ts';
import { ReceiveHalf } from './receive-half.ts';
import { SendHalf } from './send-half.ts';
import { dataFrameHeadBytes } from './wire.ts';

const KiB = 1024;
const head = new Uint8Array(dataFrameHeadBytes);

function sender(keepBytes = 64 * KiB, frameBytes = 16 * KiB): SendHalf {
  const half = new SendHalf(head, 7, keepBytes, frameBytes);
  half.limit = keepBytes;
  return half;
}

/** Sends what may be sent: the offsets and ends of the frames. */
function sendAll(half: SendHalf, now = 0): [number, number][] {
  const sent: [number, number][] = [];
  for (let frame = half.nextFrame(); frame !== undefined; frame = half.nextFrame()) {
    half.sent(frame, now);
    sent.push([frame.offset, frame.end]);
  }
  return sent;
}

describe('the sending half', () => {
  test('makes frames of what is written, and takes no more than it may keep', () => {
    const half = sender();
    expect(half.write(new Uint8Array(100 * KiB), 0)).toBe(64 * KiB);
    expect(half.hasRoom).toBe(false);
    expect(sendAll(half)).toEqual([0, 1, 2, 3].map((i) => [i * 16 * KiB, (i + 1) * 16 * KiB]));
    expect(half.credit(32 * KiB, 96 * KiB, 5)).toBe(true);
    expect(half.write(new Uint8Array(100 * KiB), 0)).toBe(32 * KiB);
  });

  test('short writes of one turn share a frame, and cost more than their bytes', () => {
    const half = sender();
    for (let i = 0; i < 10; i++) half.write(Uint8Array.of(i), 0);
    expect(sendAll(half)).toEqual([[0, 10]]);
    let taken = 10;
    for (; half.hasRoom; taken++) {
      half.write(Uint8Array.of(1), 0);
      sendAll(half);
    }
    expect(taken).toBeLessThan((64 * KiB) / 100);
  });

  test('stops at the other end’s limit, and goes on with more', () => {
    const half = sender();
    half.limit = 20 * KiB;
    half.write(new Uint8Array(64 * KiB), 0);
    expect(sendAll(half)).toHaveLength(1);
    expect(half.isHeldBack).toBe(true);
    half.credit(16 * KiB, 80 * KiB, 1);
    expect(sendAll(half)).toHaveLength(3);
  });

  test('goes back to what was acknowledged, and sends the same again', () => {
    const half = sender();
    half.write(new Uint8Array(64 * KiB), 0);
    const all = sendAll(half);
    half.credit(32 * KiB, 64 * KiB, 1);
    half.goBack();
    expect(sendAll(half)).toEqual(all.slice(2));
  });

  test('its end is due after all bytes, takes a place of its own, and is known though it went back', () => {
    const half = sender();
    half.write(new Uint8Array(20 * KiB), 0);
    half.end();
    expect(half.isEndDue).toBe(false);
    sendAll(half);
    expect(half.isEndDue).toBe(true);
    half.sentEnd();
    expect(half.isWaiting).toBe(true);
    half.goBack();
    expect(half.credit(20 * KiB + 1, 64 * KiB, 1)).toBe(true);
    expect([half.isEndAcknowledged, half.isWaiting]).toEqual([true, false]);
  });

  test('what was never sent cannot be acknowledged', () => {
    const half = sender();
    half.write(new Uint8Array(20 * KiB), 0);
    sendAll(half);
    expect(half.credit(20 * KiB + 1, 1e9, 1)).toBe(false);
    expect([half.acknowledged, half.limit]).toEqual([0, 64 * KiB]);
  });

  test('the memory of a frame is used again once its write is surely over, and never that of one sent twice', () => {
    const half = sender(8 * 1024 * KiB, 64 * KiB);
    const seen = new Map<ArrayBufferLike, number>();
    const write = (): void => {
      half.write(new Uint8Array(64 * KiB), 0);
      const frame = half.nextFrame();
      if (frame === undefined) throw new Error('no frame');
      half.sent(frame, 0);
      seen.set(frame.bytes.buffer, (seen.get(frame.bytes.buffer) ?? 0) + 1);
      half.credit(frame.end, 1e9, 1);
    };
    for (let i = 0; i < 100; i++) write();
    expect(seen.size).toBeLessThan(20);
    expect(seen.size).toBeGreaterThan(4);
    half.write(new Uint8Array(64 * KiB), 0);
    const twice = half.nextFrame();
    if (twice === undefined) throw new Error('no frame');
    half.sent(twice, 0);
    half.goBack();
    half.sent(twice, 1);
    half.credit(twice.end, 1e9, 2);
    seen.clear();
    for (let i = 0; i < 100; i++) write();
    expect(seen.has(twice.bytes.buffer)).toBe(false);
  });
});

describe('the receiving half', () => {
  test('takes what comes next, once', () => {
    const half = new ReceiveHalf(16 * KiB);
    expect(half.data(0, Uint8Array.of(1, 2, 3))).toBe('fresh');
    expect(half.data(0, Uint8Array.of(1, 2, 3))).toBe('repeated');
    expect(half.data(5, Uint8Array.of(6))).toBe('hole');
    expect(half.data(2, Uint8Array.of(3, 4, 5))).toBe('fresh');
    expect([half.take(), half.take()].map((bytes) => [...(bytes ?? [])])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(half.take()).toBeUndefined();
  });

  test('takes nothing beyond its window, nor beyond the end', () => {
    const half = new ReceiveHalf(8);
    expect(half.data(0, new Uint8Array(9))).toBe('beyond');
    expect(half.data(0, new Uint8Array(8))).toBe('fresh');
    half.take();
    half.consume(3);
    expect(half.limit).toBe(13);
    expect(half.end(10)).toBe('hole');
    expect(half.data(8, new Uint8Array(3))).toBe('beyond');
    expect(half.data(8, new Uint8Array(2))).toBe('fresh');
    expect([half.isEnded, half.isDrained, half.acknowledgement]).toEqual([true, false, 11]);
    expect(half.end(9)).toBe('beyond');
    expect(half.end(10)).toBe('repeated');
    half.take();
    expect(half.isDrained).toBe(true);
  });

  test('many short pieces do not hold the memory around them', () => {
    const half = new ReceiveHalf(64 * KiB);
    const around = new Uint8Array(64 * KiB);
    for (let i = 0; i < 40_000; i++) half.data(i, around.subarray(i, i + 1));
    let count = 0;
    const buffers = new Set<ArrayBufferLike>();
    for (let bytes = half.take(); bytes !== undefined; bytes = half.take()) {
      count += bytes.length;
      buffers.add(bytes.buffer);
    }
    expect([count, buffers.has(around.buffer), buffers.size <= 5]).toEqual([40_000, false, true]);
  });
});

describe('bytes under way', () => {
  const most = 8 * 1024 * KiB;

  test('grow while they come through as fast as ever', () => {
    const flight = new Flight(most);
    for (let i = 0; i < 64; i++) flight.acknowledged(flight.bytes / 4, 10, i);
    expect(flight.bytes).toBe(most);
  });

  test('are halved while they wait in a queue, once for each time around, down to a least', () => {
    const flight = new Flight(most);
    flight.acknowledged(1, 10, 0);
    const before = flight.bytes;
    for (let i = 0; i < 10; i++) flight.acknowledged(64 * KiB, 500, 100 + i);
    expect(flight.bytes).toBe(before / 2);
    for (let i = 0; i < 20; i++) flight.acknowledged(64 * KiB, 500, 1000 + 600 * i);
    expect(flight.bytes).toBe(channelLimits.channelFlightBytesMin);
  });

  test('a longer way is learned in time', () => {
    const flight = new Flight(most);
    flight.acknowledged(1, 1, 0);
    for (let i = 0; i < 200; i++) flight.acknowledged(64 * KiB, 400, 1000 * i);
    expect(flight.bytes).toBe(most);
  });
});
