import { expect, test } from 'vitest';
import { cpuLimit } from './cgroup.ts';
import { machine } from './machine.ts';

const limitOf = (files: Readonly<Record<string, string>>): number => cpuLimit((path) => files[path]);

test('version 2: the least of the group and of those that it is in', () => {
  const own = { '/proc/self/cgroup': '0::/user.slice/skein.service\n' };
  const at = '/sys/fs/cgroup/user.slice/';
  expect(limitOf({ ...own, [`${at}skein.service/cpu.max`]: '150000 100000\n' })).toBe(1.5);
  expect(
    limitOf({ ...own, [`${at}skein.service/cpu.max`]: 'max 100000\n', [`${at}cpu.max`]: '400000 100000' }),
  ).toBe(4);
  expect(limitOf({ ...own, [`${at}skein.service/cpu.max`]: 'max 100000\n' })).toBe(Number.POSITIVE_INFINITY);
});

test('in a container, where the group is the root', () => {
  expect(limitOf({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000' })).toBe(0.5);
});

test('version 1: of the controller of processors alone, or with others', () => {
  const files = (controllers: string, quota: string) => ({
    '/proc/self/cgroup': `4:memory:/a\n3:${controllers}:/a\n0::/\n`,
    [`/sys/fs/cgroup/${controllers}/a/cpu.cfs_quota_us`]: quota,
    [`/sys/fs/cgroup/${controllers}/a/cpu.cfs_period_us`]: '100000\n',
  });
  expect(limitOf(files('cpu', '200000\n'))).toBe(2);
  expect(limitOf(files('cpu,cpuacct', '250000\n'))).toBe(2.5);
  expect(limitOf(files('cpu', '-1\n'))).toBe(Number.POSITIVE_INFINITY);
  expect(limitOf(files('cpuacct', '200000\n'))).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  ['no such files', {}],
  ['text that is none', { '/proc/self/cgroup': '\n::\n0::/\n', '/sys/fs/cgroup/cpu.max': 'many few' }],
])('%s is no limit', (_what, files) => {
  expect(limitOf(files)).toBe(Number.POSITIVE_INFINITY);
});

test('this machine has processors and memory, and not more is free than there is', () => {
  const { cores, memoryBytes, freeMemoryBytes } = machine.facts();
  expect(Number.isSafeInteger(cores) && cores >= 1).toBe(true);
  expect(freeMemoryBytes).toBeGreaterThan(0);
  expect(freeMemoryBytes).toBeLessThanOrEqual(memoryBytes);
  expect(Number.isSafeInteger(memoryBytes)).toBe(true);
});
