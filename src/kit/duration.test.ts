import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5 s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['10', 10_000],
])('%s is read', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', 'soon', '-1s', '1d', '1s2s', 's'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [1500, '1.5s'],
  [200_000, '3m 20s'],
  [3_660_000, '1h 1m'],
  [200_000_000, '2d 7h'],
])('%d ms are printed as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
