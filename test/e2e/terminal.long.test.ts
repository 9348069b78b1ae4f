/** What is left on a terminal after a demo that failed: it takes as long as a step may. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Site } from './helpers.ts';
import { inTerminal, noTerminal, skein } from './in-terminal.ts';

test('a demo that fails in a terminal says why on the screen that stays', async ({ skip }) => {
  if (noTerminal !== undefined) skip(noTerminal);
  await using site = await Site.open();
  const demo = inTerminal(site, `${skein} demo; echo ended with $?`);
  let screen = '';
  const isTold = new Promise<string>((resolve) => {
    demo.process.stdout?.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      const port = /UDP\s+port\s+(\d+)/.exec(screen)?.[1];
      if (port !== undefined && screen.includes('found each other')) resolve(port);
    });
  });
  const port = await isTold;
  const list = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const pids = list
    .filter((line) => line.includes(` --discovery-port ${port} `))
    .map((line) => parseInt(line, 10));
  expect(pids).toHaveLength(5);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const { stdout } = await demo.ended;
  const after = stdout.split('\u001b[?1049l').at(-1);
  expect(after).toMatch(/skein: demo failed: [^\n]+/);
  expect(after).toContain('ended with 1');
});
