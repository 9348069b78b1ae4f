import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { test } from 'vitest';
import { heldUpMs } from './held-up.ts';

test('a program that shares its processors with more of its kind is held up', async ({ skip }) => {
  const before = heldUpMs();
  if (before === undefined) skip('the system does not say (no /proc/self/schedstat)');
  const busy = ['-e', 'process.stdout.write("."); for (;;);'];
  const others = Array.from({ length: 2 * availableParallelism() }, () => spawn(process.execPath, busy));
  try {
    for (const other of others) await new Promise((resolve) => other.stdout.once('data', resolve));
    // What it waits for is its own share: that comes, or the test does not end.
    while ((heldUpMs() ?? 0) - (before ?? 0) < 50);
  } finally {
    for (const other of others) other.kill('SIGKILL');
  }
});
