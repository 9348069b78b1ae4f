import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPlace, problemOfType, typeIn } from './place.ts';

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

test('a folder on a network file system is refused, also behind a link; one in memory has a warning, one on a disk none', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skein-place-')));
  const link = `${folder}-link`;
  symlinkSync(folder, link);
  try {
    const on = (type: string) =>
      `22 1 254:0 / / rw - ext4 /dev/vda1 rw\n30 22 0:25 / ${folder} rw - ${type} server:/ rw\n`;
    for (const path of [folder, link])
      expect(() => checkPlace(path, on('nfs4'))).toThrow(
        expect.objectContaining({
          code: 'SKEIN_STORE',
          message: `the store cannot lie in ${path}, a network file system (nfs4): its locks do not hold; choose a folder on a disk of this machine`,
        }),
      );
    expect(checkPlace(folder, on('tmpfs'))).toContain('is memory');
    expect(checkPlace(folder, on('ext4'))).toBe(undefined);
  } finally {
    rmSync(link);
    rmSync(folder, { recursive: true });
  }
});
