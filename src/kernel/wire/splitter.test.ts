import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { headerBytes } from './frame.ts';
import { type Allocate, FrameSplitter } from './splitter.ts';

/** A frame of so many bytes in all, filled with a mark. */
function frameOf(length: number, mark = 0): Uint8Array {
  const bytes = new Uint8Array(length).fill(mark);
  new DataView(bytes.buffer).setUint32(0, length - 4);
  return bytes;
}

function collect(
  max?: number,
  allocate?: Allocate,
): { splitter: FrameSplitter; frames: Uint8Array[]; wholes: Uint8Array[] } {
  const frames: Uint8Array[] = [];
  const wholes: Uint8Array[] = [];
  const sink = {
    frame(bytes: Uint8Array, start: number, end: number): boolean {
      frames.push(bytes.slice(start, end));
      wholes.push(bytes);
      return true;
    },
  };
  return { splitter: new FrameSplitter(sink, max, allocate), frames, wholes };
}

test('frames cut at any places come out whole and in order', () => {
  const lengths = fc.array(fc.integer({ min: headerBytes, max: 400 }), { maxLength: 20 });
  const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 40 });
  fc.assert(
    fc.property(lengths, cuts, (sizes, places) => {
      const sent = sizes.map((size, i) => frameOf(size, i));
      const stream = Buffer.concat(sent);
      const ends = [...new Set(places.map((place) => Math.min(place, stream.length)))].sort((a, b) => a - b);
      const { splitter, frames } = collect();
      let at = 0;
      for (const end of [...ends, stream.length]) {
        // Each chunk is its own memory, used for something else once it was handed over.
        const chunk = Uint8Array.from(stream.subarray(at, end));
        expect(splitter.push(chunk)).toBeUndefined();
        chunk.fill(0xff);
        at = end;
      }
      expect(frames.map((frame) => Buffer.from(frame))).toEqual(sent.map((frame) => Buffer.from(frame)));
    }),
    { numRuns: 500 },
  );
});

test('nothing of what was in its memory before is seen', () => {
  const sizes: number[] = [];
  const { splitter, frames } = collect(undefined, (byteLength) => {
    sizes.push(byteLength);
    return new Uint8Array(byteLength).fill(0xee);
  });
  const sent = [frameOf(100, 1), frameOf(70_000, 2), frameOf(8192, 3), frameOf(8191, 4), frameOf(300_000, 5)];
  const stream = Buffer.concat(sent);
  for (let at = 0; at < stream.length; at += 16_001) {
    // A frame that has not come whole is not handed on.
    expect(splitter.push(stream.subarray(at, at + 16_001))).toBeUndefined();
    expect(frames).toEqual(sent.slice(0, frames.length));
  }
  expect(frames).toEqual(sent);
  expect(sizes).toEqual([70_000, 300_000]);
});

test('byte by byte is no different', () => {
  const { splitter, frames } = collect();
  for (const byte of [...frameOf(31, 1), ...frameOf(40, 2)]) splitter.push(Uint8Array.of(byte));
  expect(frames.map((frame) => frame.length)).toEqual([31, 40]);
});

test('what was handed on may be kept: chunks are the memory of somebody else, and nothing is written twice', () => {
  const kept: Uint8Array[] = [];
  const splitter = new FrameSplitter({
    frame: (bytes, start, end) => kept.push(bytes.subarray(start, end)) > 0,
  });
  const chunk = new Uint8Array(700);
  const sent = Array.from({ length: 600 }, (_, i) => frameOf(30 + ((i * 37) % 900), i));
  const stream = Buffer.concat(sent);
  for (let at = 0; at < stream.length; at += chunk.length) {
    const length = Math.min(chunk.length, stream.length - at);
    chunk.set(stream.subarray(at, at + length));
    splitter.push(chunk.subarray(0, length));
  }
  expect(kept).toHaveLength(sent.length);
  expect(Buffer.concat(kept).equals(stream)).toBe(true);
});

test('the frames of one chunk are copied together; memory is large for a busy link and small for an idle one', () => {
  const { splitter, wholes } = collect();
  splitter.push(new Uint8Array(Buffer.concat([frameOf(50), frameOf(60), frameOf(70).subarray(0, 20)])));
  expect(wholes[0]).toBe(wholes[1]);
  splitter.push(frameOf(70).subarray(20));
  const busy = new Uint8Array(Buffer.concat(Array.from({ length: 400 }, () => frameOf(100))));
  for (let i = 0; i < 50; i++) splitter.push(busy);
  expect(wholes.at(-1)?.buffer.byteLength).toBe(64 * 1024);
  for (let i = 0; i < 8000; i++) splitter.push(frameOf(42));
  expect(wholes.at(-1)?.buffer.byteLength).toBe(1024);
});

describe('a length', () => {
  test.each([0, headerBytes - 5])('field of %i, below that of a header, ends the stream', (field) => {
    const bytes = frameOf(headerBytes);
    new DataView(bytes.buffer).setUint32(0, field);
    expect(collect().splitter.push(bytes)).toMatch(/shorter than its header/);
  });

  test('of exactly the limit passes, of one byte more ends the stream', () => {
    const { splitter, frames } = collect(1000);
    expect(splitter.push(frameOf(1000))).toBeUndefined();
    expect(frames).toHaveLength(1);
    expect(splitter.push(frameOf(1001))).toBe('a frame of 1001 bytes is over the limit of 1000');
    expect(frames).toHaveLength(1);
  });

  test('that is wrong is seen before any of its bytes are kept, also when it comes byte by byte', () => {
    const { splitter } = collect();
    for (const byte of [0xff, 0xff, 0xff]) expect(splitter.push(Uint8Array.of(byte))).toBeUndefined();
    expect(splitter.push(Uint8Array.of(0xff))).toMatch(/over the limit of 1048576/);
  });

  test('limit that is raised counts from the next frame of the same chunk', () => {
    const seen: number[] = [];
    const splitter: FrameSplitter = new FrameSplitter(
      {
        frame(_bytes, start, end) {
          seen.push(end - start);
          splitter.frameBytesMax = limits.frameBytesMax;
          return true;
        },
      },
      100,
    );
    expect(splitter.push(new Uint8Array(Buffer.concat([frameOf(80), frameOf(5000)])))).toBeUndefined();
    expect(seen).toEqual([80, 5000]);
  });
});

test('nothing more is handed on once the sink has had enough', () => {
  let count = 0;
  const splitter = new FrameSplitter({ frame: () => ++count < 2 });
  splitter.push(new Uint8Array(Buffer.concat([frameOf(40), frameOf(40), frameOf(40)])));
  expect(count).toBe(2);
});
