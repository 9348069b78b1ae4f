import { expect, test } from 'vitest';
import { CountedEvents } from './counted-events.ts';

class Target extends CountedEvents {
  readonly said: string[] = [];
  protected override begun(type: string): void {
    this.said.push(`begun ${type}`);
  }
  protected override over(type: string): void {
    this.said.push(`over ${type}`);
  }
}

const listener = (): void => undefined;

test('a type is listened to from its first listener to its last one', () => {
  const target = new Target();
  expect(target.isListenedTo('a')).toBe(false);
  target.addEventListener('a', listener);
  target.addEventListener('a', listener, false);
  target.addEventListener('a', listener, true);
  target.addEventListener('b', null as never);
  target.removeEventListener('a', listener);
  target.removeEventListener('a', () => undefined, true);
  expect([target.isListenedTo('a'), target.isListenedTo('b')]).toEqual([true, false]);
  target.removeEventListener('a', listener, { capture: true });
  target.removeEventListener('a', listener, { capture: true });
  expect(target.isListenedTo('a')).toBe(false);
  expect(target.said).toEqual(['begun a', 'over a']);
});

test('a listener that is called once, and one whose signal fires, listen no more', () => {
  const target = new Target();
  const ending = new AbortController();
  let calls = 0;
  const once = (): void => void calls++;
  target.addEventListener('a', once, { once: true });
  target.addEventListener('a', listener, { signal: ending.signal });
  target.dispatchEvent(new Event('a'));
  expect(target.isListenedTo('a')).toBe(true);
  ending.abort();
  expect(target.isListenedTo('a')).toBe(false);
  target.addEventListener('a', listener, { signal: ending.signal });
  expect(target.isListenedTo('a')).toBe(false);
  target.addEventListener('a', once, { once: true });
  target.dispatchEvent(new Event('a'));
  target.dispatchEvent(new Event('a'));
  expect([calls, target.isListenedTo('a')]).toEqual([2, false]);
  expect(target.said).toEqual(['begun a', 'over a', 'begun a', 'over a']);
});

test('a listener that adds itself again as it is called goes on listening', () => {
  const target = new Target();
  let calls = 0;
  const again = (): void => {
    calls++;
    target.addEventListener('a', again, { once: true });
  };
  again();
  target.dispatchEvent(new Event('a'));
  target.dispatchEvent(new Event('a'));
  expect([calls, target.isListenedTo('a')]).toEqual([3, true]);
});
