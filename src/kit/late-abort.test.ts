import { expect, test } from 'vitest';
import { LateAbort } from './late-abort.ts';

test('a signal that is asked for after the abort is aborted, with the reason', () => {
  const given = new LateAbort(() => new Error('nobody waits'));
  given.abort();
  expect(given.aborted).toBe(true);
  expect(given.signal.aborted).toBe(true);
  expect(given.signal.reason).toEqual(new Error('nobody waits'));
});

test('a signal that is asked for before fires once', () => {
  const given = new LateAbort();
  let count = 0;
  given.signal.addEventListener('abort', () => count++);
  given.whenAborted(() => count++);
  given.abort();
  given.abort();
  expect(count).toBe(2);
  expect(given.signal).toBe(given.signal);
});

test('a listener that comes late is called at once', () => {
  const given = new LateAbort();
  given.abort();
  let isCalled = false;
  given.whenAborted(() => {
    isCalled = true;
  });
  expect(isCalled).toBe(true);
});
