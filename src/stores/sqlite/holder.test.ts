import { expect, test } from 'vitest';
import { holderIn } from './holder.ts';

const locks = [
  '1: FLOCK  ADVISORY  WRITE 11 fe:00:500 0 EOF',
  '2: POSIX  ADVISORY  READ 12 fe:00:500 123 123',
  '3: POSIX  ADVISORY  WRITE 13 fe:00:500 120 120',
  '3: -> POSIX  ADVISORY  WRITE 14 fe:00:500 120 120',
  '4: POSIX  ADVISORY  WRITE 15 fe:00:501 120 120',
  '5: POSIX  ADVISORY  WRITE -1 fe:00:502 120 120',
  '',
].join('\n');

test.each([
  [500, 13],
  [501, 15],
  // Of a process in another container.
  [502, undefined],
  [503, undefined],
])('the writer of inode %i is %s', (inode, pid) => {
  expect(holderIn(locks, inode)).toBe(pid);
});
