import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { storeLimits } from '../limits.ts';
import { Reserve } from './reserve.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-reserve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { reserveBytes, reserveRetryMs } = storeLimits;

test('a reserve takes its room on the disk really, for its user alone, and gives it back step by step', () => {
  const path = join(folder, 'real');
  const reserve = new Reserve(path);
  expect(reserve.keep()).toBe(true);
  const { size, blocks, mode } = statSync(path);
  expect([size, mode & 0o777]).toEqual([reserveBytes, 0o600]);
  expect(blocks * 512).toBeGreaterThanOrEqual(reserveBytes);
  let steps = 0;
  while (reserve.spend()) expect(statSync(path).size).toBe(reserveBytes - ++steps * 1024 * 1024);
  expect(statSync(path)).toMatchObject({ size: 0, blocks: 0 });
  expect(steps).toBe(8);
});

test('a reserve that was given up is filled again after a while, not before', () => {
  let now = 100;
  const path = join(folder, 'again');
  const reserve = new Reserve(path, { now: () => now });
  reserve.keep();
  now = 200;
  reserve.spend();
  now = 200 + reserveRetryMs - 1;
  expect(reserve.keep()).toBe(false);
  now++;
  expect(statSync(path).size).toBeLessThan(reserveBytes);
  expect(reserve.keep()).toBe(true);
  expect(statSync(path).size).toBe(reserveBytes);
});

test('where a reserve cannot be made for another reason than room, the store goes without, and that is reported once', () => {
  const path = join(folder, 'nowhere', 'reserve');
  const warnings: string[] = [];
  const reserve = new Reserve(path, { warn: (text) => warnings.push(text) });
  expect([reserve.keep(), reserve.spend(), reserve.keep()]).toEqual([true, false, true]);
  expect(warnings).toEqual([expect.stringContaining(`the reserve ${path} cannot be made: ENOENT`)]);
});
