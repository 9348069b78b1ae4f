import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { SendQueue } from './queue.ts';

/** Bytes whose values tell frame and place apart. */
function frameOf(length: number, mark: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (mark * 53 + i) & 0xff);
}

/** All that the socket gets when it takes whatever it may have at once. */
function drained(queue: SendQueue): Buffer {
  const chunks: Uint8Array[] = [];
  for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
    expect(taken.byteLength).toBe(taken.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    chunks.push(...taken.chunks);
    queue.flushed(taken.byteLength);
  }
  return Buffer.concat(chunks);
}

describe('what was queued', () => {
  test('leaves byte for byte and in order, whatever is taken in between', () => {
    const length = fc.oneof(
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 7000, max: 9000 }),
      fc.constant(70_000),
    );
    const steps = fc.array(fc.record({ length, takes: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const queue = new SendQueue();
        const sent: Uint8Array[] = [];
        const got: Uint8Array[] = [];
        list.forEach((step, i) => {
          const frame = frameOf(step.length, i);
          const around = new Uint8Array(step.length + 9);
          around.set(frame, 4);
          queue.push(around, 4, 4 + step.length);
          sent.push(frame);
          const taken = step.takes ? queue.take() : undefined;
          if (taken === undefined) return;
          // The socket copies at once: what was handed over must not change later.
          got.push(...taken.chunks);
          queue.flushed(taken.byteLength);
        });
        got.push(drained(queue));
        expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
        expect([queue.isEmpty, queue.isFlushed, queue.queuedBytes]).toEqual([true, true, 0]);
      }),
    );
  });

  test('and handed to a slow socket does not change while more is queued', () => {
    const queue = new SendQueue();
    queue.push(frameOf(100, 1), 0, 100);
    const taken = queue.take();
    for (let i = 0; i < 50; i++) queue.push(frameOf(100, 2), 0, 100);
    expect(Buffer.concat(taken?.chunks ?? []).equals(frameOf(100, 1))).toBe(true);
  });

  test('and lies with a slow socket is overwritten by nothing, whatever is flushed meanwhile', () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constantFrom(8000, 40_000, 66_000, 130_000));
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ length, count: fc.integer({ min: 1, max: 8 }) }) },
      { weight: 1, arbitrary: fc.constant('urgent' as const) },
      { weight: 2, arbitrary: fc.constantFrom('take' as const, 'flush' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const queue = new SendQueue();
        const socket: { bytes: Buffer; chunks: Uint8Array[]; byteLength: number }[] = [];
        let mark = 0;
        const check = () => {
          for (const { bytes, chunks } of socket) expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        };
        for (const one of steps) {
          if (one === 'urgent') queue.pushUrgent(frameOf(30, mark++));
          else if (one === 'take') {
            const taken = queue.take();
            if (taken !== undefined) socket.push({ ...taken, bytes: Buffer.concat(taken.chunks) });
          } else if (one === 'flush') queue.flushed(socket.shift()?.byteLength ?? 0);
          else
            for (let i = 0; i < one.count && !queue.isFull; i++) {
              const frame = new Uint8Array(one.length).fill(mark++);
              queue.push(frame, 0, frame.length);
            }
          check();
        }
      }),
      { numRuns: 60 },
    );
  });

  test('by a busy link leaves in the same chunks again and again; an idle one keeps none of them', () => {
    const queue = new SendQueue();
    const memory = new Set<ArrayBufferLike>();
    const send = (count: number, bytes: number) => {
      for (let i = 0; i < count; i++) queue.push(frameOf(bytes, i), 0, bytes);
      const taken = queue.take();
      for (const chunk of taken?.chunks ?? []) memory.add(chunk.buffer);
      queue.flushed(taken?.byteLength ?? 0);
    };
    for (const [count, bytes] of [
      [400, 500],
      [30, 7000],
      [3, 7_900],
    ] as const) {
      memory.clear();
      for (let turn = 0; turn < 200; turn++) send(count, bytes);
      expect(memory.size).toBeLessThan(20);
    }
    // A frame larger than a chunk has one of its own, which serves the next.
    memory.clear();
    for (let turn = 0; turn < 200; turn++) {
      for (let i = 0; i < 3; i++) queue.reserve(66_000);
      const taken = queue.take();
      for (const chunk of taken?.chunks ?? []) memory.add(chunk.buffer);
      queue.flushed(taken?.byteLength ?? 0);
    }
    expect(memory.size).toBeLessThan(20);
    memory.clear();
    for (let turn = 0; turn < 20; turn++) send(1, 30);
    memory.clear();
    send(1, 30);
    expect([...memory].map(({ byteLength }) => byteLength)).toEqual([1024]);
  });

  test('in small frames leaves in few chunks', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 1000; i++) queue.push(frameOf(128, i), 0, 128);
    let chunks = 0;
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      chunks += taken.chunks.length;
      queue.flushed(taken.byteLength);
    }
    expect(chunks).toBeLessThan(20);
  });
});

describe('an urgent frame', () => {
  test('leaves before all that is queued, in the order of urgent frames', () => {
    const queue = new SendQueue();
    queue.push(frameOf(500, 1), 0, 500);
    queue.pushUrgent(frameOf(3, 7));
    queue.pushUrgent(frameOf(3, 8));
    const bytes = drained(queue);
    expect(bytes.subarray(0, 6).equals(Buffer.concat([frameOf(3, 7), frameOf(3, 8)]))).toBe(true);
    expect(bytes).toHaveLength(506);
  });

  test('waits for no more than what the socket holds already', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 2000; i++) queue.push(frameOf(1024, i), 0, 1024);
    const first = queue.take();
    expect(first?.byteLength).toBeLessThanOrEqual(limits.handedBytesMax + 64 * 1024);
    queue.pushUrgent(frameOf(9, 9));
    queue.flushed(first?.byteLength ?? 0);
    expect(Buffer.from(queue.take()?.chunks[0] ?? []).equals(frameOf(9, 9))).toBe(true);
  });

  test('one of many does not exceed what a socket may hold', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 100; i++) queue.pushUrgent(frameOf(64 * 1024, i));
    expect(queue.take()?.byteLength).toBeLessThanOrEqual(limits.handedBytesMax + 64 * 1024);
  });
});

describe('a socket', () => {
  test('gets nothing more while it holds 256 KiB, and more once some of it has left', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 40; i++) queue.push(frameOf(16 * 1024, i), 0, 16 * 1024);
    const first = queue.take();
    expect(first?.byteLength).toBe(limits.handedBytesMax);
    expect(queue.take()).toBeUndefined();
    queue.flushed(16 * 1024);
    expect(queue.take()?.byteLength).toBe(16 * 1024);
  });

  test('that reports more than it was given does no harm', () => {
    const queue = new SendQueue();
    queue.flushed(5000);
    queue.push(frameOf(10, 1), 0, 10);
    expect(drained(queue)).toHaveLength(10);
  });
});

test('the queue is full at its limit, and has room again once frames were taken', () => {
  const queue = new SendQueue();
  const frame = new Uint8Array(256 * 1024);
  while (!queue.isFull) queue.push(frame, 0, frame.length);
  expect(queue.queuedBytes).toBe(limits.linkQueueBytesMax);
  queue.take();
  expect(queue.isFull).toBe(false);
});

test('nothing is left after clear, and what comes then is whole', () => {
  const queue = new SendQueue();
  queue.push(frameOf(100, 1), 0, 100);
  queue.pushUrgent(frameOf(10, 2));
  queue.clear();
  expect([queue.isEmpty, queue.take()]).toEqual([true, undefined]);
  queue.push(frameOf(50, 3), 0, 50);
  expect(drained(queue).equals(frameOf(50, 3))).toBe(true);
});
