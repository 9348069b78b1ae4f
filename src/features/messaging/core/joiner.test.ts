import { describe, expect, test } from 'vitest';
import { Joiner } from './joiner.ts';
import { messagingLimits } from './limits.ts';
import type { Part } from './wire.ts';

const { partBytes } = messagingLimits;
const totalBytes = partBytes * 2 + 100;

const partOf = (index: number, changes: Partial<Part> = {}): Part => ({
  whole: 7,
  index,
  count: 3,
  totalBytes,
  ...changes,
});
const bytesOf = (index: number): Uint8Array => new Uint8Array(index === 2 ? 100 : partBytes).fill(index + 1);
const add = (joiner: Joiner, index: number, now = 0, source = 1) =>
  joiner.add(source, 1, partOf(index), bytesOf(index), now);

describe('parts', () => {
  test.each([[[0, 1, 2]], [[2, 0, 1]], [[1, 1, 2, 2, 0]]])('in the order %j make the body once', (order) => {
    const joiner = new Joiner();
    const states = order.map((index) => add(joiner, index));
    expect(states.slice(0, -1).every(({ state }) => state === 'held')).toBe(true);
    const last = states.at(-1);
    if (last?.state !== 'complete') throw new Error(`it is ${last?.state}`);
    expect(last.body).toHaveLength(totalBytes);
    expect([last.body[0], last.body[partBytes], last.body.at(-1)]).toEqual([1, 2, 3]);
  });

  test('of different sources, lives and bodies do not mix', () => {
    const joiner = new Joiner();
    for (const index of [0, 1]) add(joiner, index);
    expect(add(joiner, 2, 0, 99).state).toBe('held');
    expect(joiner.add(1, 2, partOf(2), bytesOf(2), 0).state).toBe('held');
    expect(joiner.add(1, 1, partOf(2, { whole: 8 }), bytesOf(2), 0).state).toBe('held');
    expect(add(joiner, 2).state).toBe('complete');
  });

  test('that contradict what came before are refused and change nothing', () => {
    const joiner = new Joiner();
    add(joiner, 0);
    expect(joiner.add(1, 1, partOf(1, { totalBytes: totalBytes + 1 }), bytesOf(1), 0).state).toBe('refused');
    expect(joiner.add(1, 1, partOf(1), new Uint8Array(5), 0).state).toBe('refused');
    add(joiner, 1);
    expect(add(joiner, 2).state).toBe('complete');
  });
});

describe('memory', () => {
  test('is given back when the body was taken', () => {
    const joiner = new Joiner();
    add(joiner, 0);
    expect(joiner.bytes).toBe(totalBytes);
    joiner.release(1, 1, 7);
    expect(joiner.bytes).toBe(0);
  });

  test('is not held for a first part of the wrong size', () => {
    const joiner = new Joiner();
    expect(joiner.add(1, 1, partOf(0), new Uint8Array(5), 0).state).toBe('refused');
    expect(joiner.bytes).toBe(0);
  });

  test('is bounded over all sources: what does not fit is refused', () => {
    const joiner = new Joiner();
    const large = {
      count: messagingLimits.bodyBytesMax / partBytes,
      totalBytes: messagingLimits.bodyBytesMax,
    };
    const states = [1, 2, 3, 4, 5].map(
      (source) => joiner.add(source, 1, partOf(0, large), bytesOf(0), 0).state,
    );
    expect(states).toEqual(['held', 'held', 'held', 'held', 'refused']);
    expect(joiner.bytes).toBe(messagingLimits.joiningBytesMax);
  });

  test('of a body whose parts stop coming is given back, of one that goes on is not', () => {
    const joiner = new Joiner();
    add(joiner, 0, 0, 1);
    add(joiner, 0, 0, 2);
    add(joiner, 1, 20_000, 2);
    joiner.forgetIdle(messagingLimits.joiningIdleMs + 1);
    expect(joiner.bytes).toBe(totalBytes);
    expect(add(joiner, 2, messagingLimits.joiningIdleMs + 2, 2).state).toBe('complete');
  });
});
