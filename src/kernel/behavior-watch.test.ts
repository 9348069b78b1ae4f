import { describe, expect, test } from 'vitest';
import { BehaviorWatch } from './behavior-watch.ts';

function watched() {
  let milliseconds = 0;
  let heldUpMs: number | undefined;
  const said: string[] = [];
  const watch = new BehaviorWatch(
    { now: () => milliseconds, heldUpMs: () => heldUpMs },
    (text) => void said.push(text),
  );
  /** @param othersMs Of it, the system ran others. */
  const call = (tookMs: number, now: number, othersMs?: number): void => {
    const begunAt = watch.begin();
    milliseconds += tookMs;
    if (othersMs !== undefined) heldUpMs = (heldUpMs ?? 0) + othersMs;
    watch.end('mine', begunAt, now);
  };
  const tick = (heldUpSoFarMs: number): void => {
    heldUpMs = heldUpSoFarMs;
    watch.tick();
  };
  return { watch, said, call, tick };
}

describe('a behavior that throws', () => {
  test('100 times within a minute is switched off at the 100th', () => {
    const { watch } = watched();
    const verdicts = Array.from({ length: 100 }, (_, i) => watch.threw('mine', i * 600));
    expect(verdicts.indexOf(true)).toBe(99);
    expect(watch.troubles).toEqual([{ name: 'mine', threw: 100, isOff: true, slowCalls: 0, slowestMs: 0 }]);
  });

  test('more slowly than 100 times a minute is never switched off', () => {
    const { watch } = watched();
    const verdicts = Array.from({ length: 1000 }, (_, i) => watch.threw('mine', i * 610));
    expect(verdicts).not.toContain(true);
  });
});

describe('a behavior whose call takes over 50 ms', () => {
  test('is named in the log once a minute, and counted each time', () => {
    const { watch, said, call } = watched();
    call(50, 0);
    expect(said).toEqual([]);
    call(51, 1000);
    call(80, 60_999);
    expect(said).toEqual([
      'behavior mine blocked the event loop for 51 ms in one call (limit: 50 ms): move the work out of the behavior',
    ]);
    call(70, 61_000);
    expect(said).toHaveLength(2);
    expect(watch.troubles).toEqual([{ name: 'mine', threw: 0, isOff: false, slowCalls: 3, slowestMs: 80 }]);
  });

  test('is not blamed for the time in which the system ran other programs', () => {
    const { watch, said, call, tick } = watched();
    tick(1000);
    call(90, 0, 60);
    expect([said, watch.troubles]).toEqual([[], []]);
    tick(1060);
    call(200, 0, 60);
    expect(watch.troubles).toMatchObject([{ slowCalls: 1, slowestMs: 140 }]);
  });

  test('is not looked for without a clock', () => {
    const watch = new BehaviorWatch(undefined, () => expect.unreachable());
    watch.end('mine', watch.begin(), 0);
    expect([watch.isSlow(0), watch.troubles]).toEqual([false, []]);
  });
});
