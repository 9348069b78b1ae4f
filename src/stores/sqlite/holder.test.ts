import { expect, test } from 'vitest';
import { holderIn, readersIn } from './holder.ts';

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

test('those who read are named, and nobody else', () => {
  const lines = [
    '1: POSIX  ADVISORY  READ 11 fe:00:500 124 124',
    '2: POSIX  ADVISORY  READ 12 fe:00:500 127 128',
    '3: POSIX  ADVISORY  READ 12 fe:00:500 123 123',
    '4: POSIX  ADVISORY  READ 13 fe:00:500 128 128',
    '5: POSIX  ADVISORY  WRITE 14 fe:00:500 120 120',
    '6: POSIX  ADVISORY  READ 15 fe:00:501 124 124',
    '7: POSIX  ADVISORY  READ -1 fe:00:500 125 125',
  ];
  expect(readersIn(lines.join('\n'), 500)).toEqual([11, 12]);
});
