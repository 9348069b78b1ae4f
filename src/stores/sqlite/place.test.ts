import { expect, test } from 'vitest';
import { problemOfType, typeIn } from './place.ts';

const mounts = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
  '30 22 0:25 / /home rw shared:2 - nfs4 server:/home rw',
  '31 30 254:1 / /home/local\\040disk rw - xfs /dev/vdb rw',
  '32 22 0:30 / /run rw - ramfs none rw',
  '33 22 0:31 / /run rw master:3 - tmpfs tmpfs rw',
  '',
].join('\n');

test.each([
  ['/var/lib/skein', 'ext4'],
  ['/home', 'nfs4'],
  ['/home/me/state', 'nfs4'],
  // A name that only begins like a mount point.
  ['/homestead', 'ext4'],
  ['/home/local disk/state', 'xfs'],
  // Two on one point: the later one is seen.
  ['/run/user', 'tmpfs'],
])('%s lies on %s', (path, type) => {
  expect(typeIn(mounts, path)).toBe(type);
});

test('without a list of mounts nothing is known', () => {
  expect(typeIn('', '/var')).toBeUndefined();
});

test.each([
  ['nfs4', true],
  ['9p', true],
  ['fuse.sshfs', true],
  ['tmpfs', false],
])('on %s a store is refused: %s', (type, isRefused) => {
  const problem = problemOfType('/there', type);
  expect(problem).toMatchObject({ isRefused, text: expect.stringContaining(`/there`) });
  expect(problem?.text).toContain(type);
});

test.each(['ext4', 'xfs', 'btrfs', 'zfs', 'apfs', 'overlay', 'fuse.bindfs'])('%s is a disk', (type) => {
  expect(problemOfType('/there', type)).toBeUndefined();
});
