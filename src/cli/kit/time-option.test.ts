/** What the value of a flag such as `--since` or `--not-before` means. */
import { expect, test, vi } from 'vitest';
import { agoOption, laterOption } from './time-option.ts';

test('a duration counts back from now for what has been, and ahead for what is to come', () => {
  vi.useFakeTimers({ now: 1_000_000_000_000, toFake: ['Date'] });
  try {
    expect(agoOption('10m')).toBe(1_000_000_000_000 - 600_000);
    expect(laterOption('10m')).toBe(1_000_000_000_000 + 600_000);
  } finally {
    vi.useRealTimers();
  }
});

test('a time is that time for both', () => {
  const text = '2026-11-29T12:00:00Z';
  expect([agoOption(text), laterOption(text)]).toEqual([Date.parse(text), Date.parse(text)]);
});

test('what is neither is refused with an example, and so is a time before 1970', () => {
  for (const wrong of ['soon', '', '-5m', '1969-01-01T00:00:00Z', '99999999999h'])
    expect(() => agoOption(wrong), wrong).toThrow(
      'Expected a duration such as 30m, or a time such as 2026-11-29T12:00.',
    );
});
