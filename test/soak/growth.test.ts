import { describe, expect, test } from 'vitest';
import { quantile, theilSen } from './growth.ts';
import type { Answer } from './protocol.ts';
import { heldHandles, leakedHandles } from './resources.ts';

describe('the slope', () => {
  const line = Array.from({ length: 20 }, (_, i) => ({ atMs: i * 1000, value: 5 + i * 2000 }));

  test('of a line is its own', () => {
    expect(theilSen(line)).toBe(2);
  });

  test('is not bent by a fifth of wild values', () => {
    const wild = line.map((point, i) => (i % 5 === 0 ? { ...point, value: 1e9 } : point));
    expect(theilSen(wild)).toBeCloseTo(2, 0);
  });

  test('of nothing, and of one point, is none', () => {
    expect(theilSen([])).toBe(0);
    expect(theilSen(line.slice(0, 1))).toBe(0);
  });
});

test('quantiles are values that were measured', () => {
  expect([0.5, 0.99, 1].map((share) => quantile([3, 1, 2, 4], share))).toEqual([2, 4, 4]);
  expect(quantile([], 0.5)).toBeUndefined();
});

describe('handles', () => {
  const link = { node: 'b', outgoing: true, openedMs: 0 };
  const answer = (links: number, resources: Record<string, number>) =>
    ({ links: Array(links).fill(link), resources }) as Partial<Answer> as Answer;

  test('of a link are not held against a process, those beyond are', () => {
    const then = heldHandles([answer(3, { TCPSocketWrap: 3, Timeout: 2 })]);
    const more = heldHandles([answer(5, { TCPSocketWrap: 5, Timeout: 2 })]);
    const leaked = heldHandles([answer(3, { TCPSocketWrap: 5, Timeout: 2, FSReqCallback: 1 })]);
    expect(leakedHandles(then, more)).toEqual([]);
    expect(leakedHandles(then, leaked)).toEqual([
      'FSReqCallback: 0 at first, 1 at the end',
      'sockets beyond links: 0 at first, 2 at the end',
    ]);
  });

  test('that come and go are not held', () => {
    expect(
      heldHandles([answer(3, { TCPSocketWrap: 4, Timeout: 3 }), answer(3, { TCPSocketWrap: 3, Timeout: 2 })]),
    ).toEqual({ Timeout: 2, 'sockets beyond links': 0 });
  });
});
