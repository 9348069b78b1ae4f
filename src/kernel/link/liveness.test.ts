import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { Liveness } from './liveness.ts';

const tolerance = limits.stallToleranceMs;

/** Looks whenever it asks to, with poll phases that pass at once; when it says dead (or undefined by `until`). */
function deadAt(liveness: Liveness, until: number): number | undefined {
  for (
    let now = liveness.nextDeadline(0);
    now <= until;
    now = Math.max(now + 1, liveness.nextDeadline(now))
  ) {
    if (liveness.check(now) === 'needs-poll' && liveness.polled(now) === 'dead') return now;
  }
  return undefined;
}

test('a neighbor that sends each second is alive for ever', () => {
  const liveness = new Liveness(0, tolerance);
  for (let now = 1000; now < 60_000; now += 1000) {
    expect(liveness.check(now - 1)).toBe('alive');
    expect(liveness.isStalled(now - 1)).toBe(false);
    liveness.heard(now);
  }
});

test('a black hole is dead in under 5 s', () => {
  const at = deadAt(new Liveness(0, tolerance), 60_000);
  expect(at).toBeGreaterThan(tolerance);
  expect(at).toBeLessThan(5000);
});

test('a stall of 2.5 s, with a heartbeat just missed, is not death; it counts as stalled meanwhile', () => {
  const liveness = new Liveness(0, tolerance);
  const silentFor = 2500 + limits.heartbeatIntervalMs - 1;
  expect(deadAt(liveness, silentFor)).toBeUndefined();
  expect(liveness.isStalled(silentFor)).toBe(true);
  liveness.heard(silentFor);
  expect(liveness.isStalled(silentFor)).toBe(false);
});

test('a neighbor that asked for a longer tolerance has it', () => {
  expect(deadAt(new Liveness(0, 20_000), 20_900)).toBeUndefined();
  expect(deadAt(new Liveness(0, 20_000), 60_000)).toBeLessThan(22_000);
});

describe('silence', () => {
  test('alone never kills: poll phases come first', () => {
    const liveness = new Liveness(0, tolerance);
    expect(liveness.check(10_000)).toBe('needs-poll');
    expect(liveness.check(20_000)).toBe('alive');
    expect(liveness.polled(20_000)).toBe('dead');
  });

  test('is over when bytes come during the poll phases', () => {
    const liveness = new Liveness(0, tolerance);
    liveness.check(10_000);
    liveness.heard(10_000);
    expect(liveness.polled(10_000)).toBe('alive');
    expect(liveness.nextDeadline(10_000)).toBeGreaterThan(10_000);
  });

  test('of others is not judged by poll phases that nobody asked for', () => {
    const liveness = new Liveness(0, tolerance);
    expect(liveness.polled(10_000)).toBe('alive');
  });
});

describe("one's own lag", () => {
  test('is forgiven in full', () => {
    const liveness = new Liveness(0, tolerance);
    liveness.forgive(30_000, 33_000);
    expect(liveness.check(33_000)).toBe('alive');
    expect(deadAt(liveness, 60_000)).toBe(34_000);
  });

  test('that comes after the suspicion, before the poll phases are over, saves the neighbor', () => {
    const liveness = new Liveness(0, tolerance);
    liveness.check(4000);
    liveness.forgive(3000, 7000);
    expect(liveness.polled(7000)).toBe('alive');
  });

  test('is not forgiven twice to a neighbor that was heard of at its end', () => {
    const liveness = new Liveness(0, tolerance);
    liveness.heard(3000);
    liveness.forgive(3000, 3000);
    expect(deadAt(liveness, 60_000)).toBeLessThan(3000 + 5000);
  });
});

test('it asks to be looked at when there is something to say, never in the past for long', () => {
  const liveness = new Liveness(1000, tolerance);
  expect(liveness.nextDeadline(1000)).toBe(1000 + limits.stalledAfterMs);
  expect(liveness.nextDeadline(1000 + limits.stalledAfterMs)).toBe(
    1000 + tolerance + limits.heartbeatIntervalMs,
  );
  liveness.check(60_000);
  expect(liveness.nextDeadline(60_000)).toBe(Number.POSITIVE_INFINITY);
});
