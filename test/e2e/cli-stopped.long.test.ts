/** Commands whose node has fallen silent, and those that wait for one that is well. */
import { expect, test } from 'vitest';
import { type Finished, Site } from './helpers.ts';

test('every command ends by itself when the process of its node is stopped', async () => {
  await using site = await Site.open();
  const node = await site.up('y', '--no-discovery');
  node.process.kill('SIGSTOP');
  const commands = [
    'status',
    'status --wait --timeout 1s',
    'why',
    'down',
    'send x hello --timeout 1s',
    'listen',
    'mesh snoop',
    'node dial 127.0.0.1:1 --timeout 20s',
  ];
  const ends = await Promise.all(commands.map((line) => site.run(line.split(' '))));
  const line = `skein: y (process ${node.process.pid}) does not answer for 5 s; is it stopped? (SKEIN_TIMEOUT)\n`;
  const expected: Finished = { exitCode: 1, stdout: '', stderr: line };
  expect(ends).toEqual(commands.map(() => expected));
});

test('a node that lives is waited for as long as was asked, and an idle stream stays open', async () => {
  await using site = await Site.open();
  await site.up('a');
  await site.up('b');
  const listening = site.start('listen', '--node', 'a', '--count', '1');
  const waited = await site.run(['status', '--node', 'a', '--count', '3', '--timeout', '7s']);
  expect(waited.stderr).toMatch(/missing .*\(SKEIN_TIMEOUT\)/);
  await site.must('send', 'a', 'after the quiet', '--node', 'b');
  expect((await listening.ended).stdout).toContain('after the quiet');
});
