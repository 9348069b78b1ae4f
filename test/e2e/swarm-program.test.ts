/** `npm run sim:swarm` as a process: what it prints of a run that can be continued. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function swarm(...args: readonly string[]) {
  const all = ['scripts/run.mjs', 'test/sim/swarm-main.ts', ...args, '--workers', '1'];
  return spawnSync(process.execPath, all, { encoding: 'utf8' });
}

test('a range of seeds of one workload is run to its end, and the last line says where to go on', () => {
  const { status, stdout, stderr } = swarm('--workload', 'chatty', '--from', '7', '--seeds', '2');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(' min: 2 seeds passed, ');
  expect(stdout.trim().split('\n').at(-1)).toBe('seeds 7 to 8 passed; go on with --from 9');
});

test('a workload that there is not is refused in one line', () => {
  const { status, stderr } = swarm('--workload', 'leters');
  expect([status, stderr.trim().split('\n').length]).toEqual([2, 1]);
  expect(stderr).toContain('workload: "leters" is none of');
});
