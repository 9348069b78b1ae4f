import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Site } from './helpers.ts';

test('in plain lines it tells its story once, with what was measured', { timeout: 40_000 }, async () => {
  await using site = await Site.open();
  const before = performance.now();
  const { exitCode, stdout, stderr } = await site.run(['demo'], { timeoutMs: 35_000 });
  expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
  expect(performance.now() - before).toBeLessThan(30_000);
  expect(stdout).toMatch(
    /^found each other by UDP alone: 5 nodes, \d+ links, \d+ ms after the first start$/m,
  );
  expect(stdout).toMatch(/^([a-e]) sends to [a-e] every 20 ms, by \1 -> [a-e]/m);
  expect(stdout).toMatch(/^[a-e] killed; traffic around it after \d+ ms, by /m);
  expect(stdout).toMatch(/^[a-e] started again; back in the mesh, known to all, /m);
  expect(stdout).toMatch(/^\d+ messages sent, \d+ delivered, none lost, none twice$/m);
  expect(stdout).toMatch(/no process is left behind/);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'ended by %s it leaves no process behind',
  async (signal) => {
    await using site = await Site.open();
    const demo = site.start('demo');
    const first = (await demo.lines.next()).value as string;
    const port = /UDP port (\d+)/.exec(first)?.[1] as string;
    await demo.lines.next();
    expect(nodesOf(port)).toBe(5);
    demo.process.kill(signal);
    const { exitCode } = await demo.ended;
    if (signal !== 'SIGKILL') expect(exitCode).toBe(0);
    // A demo that crashed cannot wait for its nodes: they leave when their standard input ends.
    const deadline = performance.now() + 5000;
    while (nodesOf(port) > 0 && performance.now() < deadline) await sleep(50);
    expect(nodesOf(port)).toBe(0);
  },
);

/** How many node processes use that discovery port. */
function nodesOf(port: string): number {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.includes(` --discovery-port ${port} `)).length;
}
