import { describe, expect, test } from 'vitest';
import { RoundTrip } from './round-trip.ts';

/** Two ends whose clocks have nothing in common, with different delays each way. */
function exchange(options: {
  there: number;
  back: number;
  clockB: number;
  rounds: number;
  intervalMs?: number;
}) {
  const { there, back, clockB, rounds, intervalMs = 1000 } = options;
  const [a, b] = [new RoundTrip(), new RoundTrip()];
  for (let i = 1; i <= rounds; i++) {
    const at = i * intervalMs;
    const fromA = a.nextHeartbeat(at);
    b.heartbeat(fromA.sent, fromA.echo, fromA.held, at + there + clockB);
    const fromB = b.nextHeartbeat(at + 400 + clockB);
    a.heartbeat(fromB.sent, fromB.echo, fromB.held, at + 400 + back);
  }
  return { a: a.smoothedMs, b: b.smoothedMs };
}

test('both ends measure the same, however long heartbeats are held and whatever the clocks say', () => {
  const { a, b } = exchange({ there: 20, back: 30, clockB: 123_456_789.5, rounds: 10 });
  expect(a).toBeCloseTo(50, 1);
  expect(b).toBeCloseTo(50, 1);
});

test('nothing is measured before an echo has come', () => {
  expect(exchange({ there: 5, back: 5, clockB: 0, rounds: 1 }).b).toBeUndefined();
});

test('microseconds are seen', () => {
  expect(exchange({ there: 0.1, back: 0.15, clockB: 77, rounds: 20 }).a).toBeCloseTo(0.25, 1);
});

test('counters that wrap around after twelve hours measure on', () => {
  const wrapMs = 2 ** 32 / 100;
  const { a } = exchange({ there: 10, back: 10, clockB: wrapMs - 5500, rounds: 12 });
  expect(a).toBeCloseTo(20, 1);
});

test('one outlier moves the smoothed value by an eighth', () => {
  const trip = new RoundTrip();
  trip.heartbeat(0, 100_000, 0, 1010);
  expect(trip.smoothedMs).toBeCloseTo(10, 5);
  trip.heartbeat(0, 200_000, 0, 2090);
  expect(trip.smoothedMs).toBeCloseTo(20, 5);
});

test('a hold longer than the whole way (a clock that drifts, a lie) is no measurement', () => {
  const trip = new RoundTrip();
  expect(trip.heartbeat(0, 100_000, 500_000, 1010)).toBe(false);
  expect(trip.smoothedMs).toBeUndefined();
});

describe("one's own standstill", () => {
  test('is not taken for the round trip: only what answers a later heartbeat measures', () => {
    const trip = new RoundTrip();
    trip.heartbeat(7, 100_000, 0, 1010);
    trip.forgive(3500);
    expect(trip.heartbeat(100_007, 100_000, 100_000, 3500)).toBe(false);
    const { sent } = trip.nextHeartbeat(3500);
    expect(trip.heartbeat(200_007, 100_000, 200_000, 3600)).toBe(false);
    expect(trip.heartbeat(300_007, sent, 10_000, 3612)).toBe(true);
    expect(trip.smoothedMs).toBeCloseTo(10.25, 5);
  });

  test('is not taken for it by the other end either: what lay in the socket is not echoed', () => {
    const trip = new RoundTrip();
    trip.heartbeat(7, 100_000, 0, 1010);
    trip.forgive(3500);
    trip.heartbeat(100_007, 100_000, 100_000, 3501);
    expect(trip.nextHeartbeat(3502).echo).toBe(0);
    trip.heartbeat(200_007, 350_000, 0, 3520);
    expect(trip.nextHeartbeat(3530)).toEqual({ sent: 353_000, echo: 200_007, held: 1000 });
  });

  test('of both ends at once does not end measuring', () => {
    const [a, b] = [new RoundTrip(), new RoundTrip()];
    for (let second = 1; second <= 10; second++) {
      const at = second * 1000;
      if (second === 5) for (const end of [a, b]) end.forgive(at);
      const [fromA, fromB] = [a.nextHeartbeat(at), b.nextHeartbeat(at)];
      a.heartbeat(fromB.sent, fromB.echo, fromB.held, at + 10);
      const measured = b.heartbeat(fromA.sent, fromA.echo, fromA.held, at + 10);
      expect([second, measured]).toEqual([second, second > 1 && (second < 5 || second > 6)]);
    }
  });
});
