/** Commands that print what comes, whose reader stands still. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import { program, Site } from './helpers.ts';

const bodyBytes = 64 * 1024;
const messages = 3000;
const residentMibMax = 96;

test('listen whose reader stands still holds little, its senders get busy, and Ctrl-C ends it', async ({
  skip,
}) => {
  if (process.platform !== 'linux') skip('reads /proc');
  await using site = await Site.open();
  const b = await site.up('b', '--no-discovery');
  // Nobody reads its output.
  const listen = spawn(process.execPath, [program, 'listen', '--node', 'b'], {
    env: { ...process.env, ...site.environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => listen.once('exit', resolve));
  const node = await createNode({ name: 'a', connect: [b.address], discovery: false, degree: 0 });
  try {
    await node.ready({ nodes: ['b'] });
    let busy = 0;
    for (let i = 0; i < messages && busy === 0; i++)
      busy += (await node.send('b', 'x'.repeat(bodyBytes), { require: 'none' })).missingCount;
    expect(busy).toBe(1);
    const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${listen.pid}/status`, 'utf8')) ?? [];
    expect(Number(peak) / 1024).toBeLessThan(residentMibMax);
    listen.kill('SIGINT');
    expect(await ended).toBe(0);
  } finally {
    listen.kill('SIGKILL');
    await node.close({ drainMs: 0 });
  }
});
