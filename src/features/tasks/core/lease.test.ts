/** A worker's lease: when it is held, and when it is over. */
import { beforeEach, expect, test } from 'vitest';
import { Lease } from './lease.ts';
import { taskLimits } from './limits.ts';

const { taskLeaseMs, taskLeaseMarginMs, taskRenewMs } = taskLimits;
const endsAfterMs = taskLeaseMs - taskLeaseMarginMs;
let lease: Lease;

beforeEach(() => {
  lease = new Lease();
});

/** Both clocks agree. */
function at(now: number): { now: number; wallNow: number } {
  return { now, wallNow: 1_795_000_000_000 + now };
}

test('it begins in the moment in which the renewal was asked for, not in which the answer has come', () => {
  const number = lease.ask(at(1000));
  expect(lease.isHeld).toBe(false);
  lease.renewed(number, taskLeaseMs, at(3000));
  expect(lease.isHeld).toBe(true);
  expect(lease.hasRunOut(at(1000 + endsAfterMs - 1))).toBe(false);
  expect(lease.hasRunOut(at(1000 + endsAfterMs))).toBe(true);
  expect([lease.isHeld, lease.hasRunOut(at(1e6))]).toEqual([false, false]);
});

test.each([
  ['the monotonic clock stood still', { now: 1001, wallNow: at(1000).wallNow + endsAfterMs }],
  ['the wall clock was set back', { now: 1000 + endsAfterMs, wallNow: 0 }],
])('it is over by the clock that says more: %s', (_what, moment) => {
  lease.renewed(lease.ask(at(1000)), taskLeaseMs, at(1000));
  expect(lease.hasRunOut(moment)).toBe(true);
});

test('it is asked for every 3 s, and at once of another broker', () => {
  expect(lease.isToRenew(at(0))).toBe(true);
  lease.ask(at(0));
  expect(lease.isToRenew(at(taskRenewMs - 1))).toBe(false);
  expect(lease.nextDeadline(true)).toBe(taskRenewMs);
  expect(lease.nextDeadline(false)).toBe(Number.POSITIVE_INFINITY);
  lease.brokerChanged();
  expect(lease.isToRenew(at(1))).toBe(true);
});

test('what was asked of one broker another does not grant, and numbers rise', () => {
  const first = lease.ask(at(0));
  lease.brokerChanged();
  const second = lease.ask(at(1));
  expect(second).toBeGreaterThan(first);
  lease.renewed(first, taskLeaseMs, at(2));
  expect(lease.isHeld).toBe(false);
});

test('an answer that comes so late that the lease is over does not begin it', () => {
  const number = lease.ask(at(0));
  lease.renewed(number, taskLeaseMs, at(endsAfterMs));
  expect(lease.isHeld).toBe(false);
});

test('an earlier answer that comes late does not take from it', () => {
  const [first, second] = [lease.ask(at(0)), lease.ask(at(3000))];
  lease.renewed(second, taskLeaseMs, at(3100));
  lease.renewed(first, taskLeaseMs, at(3200));
  expect(lease.hasRunOut(at(3000 + endsAfterMs - 1))).toBe(false);
  expect(lease.nextDeadline(false)).toBe(3000 + endsAfterMs);
});

test('one that was over is held again after a renewal', () => {
  lease.renewed(lease.ask(at(0)), taskLeaseMs, at(0));
  expect(lease.hasRunOut(at(20_000))).toBe(true);
  lease.renewed(lease.ask(at(20_000)), taskLeaseMs, at(20_100));
  expect(lease.isHeld).toBe(true);
});

test('of renewals that nobody answers only the last ones are remembered', () => {
  const first = lease.ask(at(0));
  for (let i = 1; i <= 20; i++) lease.ask(at(i));
  lease.renewed(first, taskLeaseMs, at(30));
  expect(lease.isHeld).toBe(false);
});
