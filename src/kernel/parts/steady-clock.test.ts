import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Uptime } from '../contracts.ts';
import { type ClockStep, type KeptClock, SteadyClock } from './steady-clock.ts';

const day = 24 * 3_600_000;
const begin = 1_800_000_000_000;

/** A machine, whose clocks say what they are made to. */
class Machine {
  wallNow = begin;
  now = 0;
  uptime: Uptime | undefined = { boot: 'one', elapsedMs: 5000 };
  readonly steps: ClockStep[] = [];
  clock = this.start(null);

  start(kept: KeptClock | null): SteadyClock {
    const clock = new SteadyClock({
      reading: () => this,
      uptime: () => this.uptime,
      stepped: (step) => this.steps.push(step),
    });
    clock.begin(kept);
    return clock;
  }

  pass(ms: number, isAsleep = false): void {
    this.wallNow += ms;
    if (!isAsleep) this.now += ms;
    if (this.uptime !== undefined) this.uptime = { ...this.uptime, elapsedMs: this.uptime.elapsedMs + ms };
  }

  reboot(offMs: number): void {
    this.uptime = { boot: 'two', elapsedMs: 3000 };
    this.wallNow += offMs;
    this.now = 0;
  }
}

test.each([day, -day, 56 * 365 * day])('time goes on steadily where the clock is set by %d ms', (by) => {
  const machine = new Machine();
  machine.clock.keep();
  machine.pass(10_000);
  expect(machine.clock.read()).toBe(begin + 10_000);
  machine.wallNow += by;
  machine.pass(1000);
  expect(machine.clock.read()).toBe(begin + 11_000);
  expect(machine.steps).toEqual([{ expected: begin + 11_000, wallNow: begin + 11_000 + by }]);
  machine.pass(1000);
  expect(machine.clock.read()).toBe(begin + 12_000);
  expect(machine.steps).toHaveLength(1);
});

test('a suspend of the machine counts, a clock that is set in it does not', () => {
  const machine = new Machine();
  machine.clock.keep();
  machine.pass(8 * 3_600_000, true);
  expect(machine.clock.read()).toBe(begin + 8 * 3_600_000);
  expect(machine.steps).toEqual([]);
  machine.pass(3_600_000, true);
  machine.wallNow += day;
  expect(machine.clock.read()).toBe(begin + 9 * 3_600_000);
  expect(machine.steps).toHaveLength(1);
});

test('where nobody knows of suspends the time of one does not count', () => {
  const machine = new Machine();
  machine.uptime = undefined;
  machine.clock.keep();
  machine.pass(8 * 3_600_000, true);
  expect(machine.clock.read()).toBe(begin);
});

test('a clock that is corrected little by little is followed', () => {
  const machine = new Machine();
  machine.clock.keep();
  for (let i = 0; i < 100; i++) {
    machine.pass(10_000);
    machine.wallNow += 500;
    machine.clock.read();
  }
  expect(machine.clock.read()).toBe(machine.wallNow);
  expect(machine.steps).toEqual([]);
});

test('the next one goes on with what was kept, and sees what was set meanwhile', () => {
  const machine = new Machine();
  machine.wallNow += day;
  machine.clock.read();
  const kept = machine.clock.keep();
  machine.pass(60_000);
  machine.wallNow -= 2 * day;
  const next = machine.start(kept);
  expect(next.read()).toBe(begin + 60_000);
});

test('while the machine was off its clock says how long, but time does not go back', () => {
  const machine = new Machine();
  const kept = machine.clock.keep();
  machine.reboot(3 * day);
  expect(machine.start(kept).read()).toBe(begin + 3 * day);
  machine.reboot(-30 * 365 * day);
  const behind = machine.start(kept);
  expect(behind.read()).toBe(begin);
  // The network sets it right.
  machine.wallNow = begin + 4 * day;
  expect(behind.read()).toBe(begin);
});

test('a clock before any step is that of the machine', () => {
  const machine = new Machine();
  expect(machine.clock.read()).toBe(begin);
});

test('whatever is set, and whenever it is read: time passes as it does, but for what is followed', () => {
  const act = fc.record({
    passMs: fc.integer({ min: 0, max: 3_600_000 }),
    setMs: fc.oneof(fc.constant(0), fc.integer({ min: -400 * day, max: 400 * day })),
    isAsleep: fc.boolean(),
    isNext: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
      const machine = new Machine();
      machine.clock.keep();
      let passed = 0;
      let followed = 0;
      for (const { passMs, setMs, isAsleep, isNext } of acts) {
        if (isNext) machine.clock = machine.start(machine.clock.keep());
        machine.clock.keep();
        machine.pass(passMs, isAsleep);
        machine.wallNow += setMs;
        passed += passMs;
        if (Math.abs(setMs) <= 5000) followed += setMs;
        expect(machine.clock.read()).toBe(begin + passed + followed);
      }
    }),
  );
});
