/** Commands whose node has fallen silent, and those that wait for one that is well. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attach } from '../../src/remote/attach.ts';
import { type Finished, Site } from './helpers.ts';

const atOnce = 10_000;

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
  const ends = await Promise.all(commands.map((line) => site.run(line.split(' '), { timeoutMs: atOnce })));
  const line = `skein: y (process ${node.process.pid}) does not answer for 5 s; is it stopped? (SKEIN_TIMEOUT)\n`;
  const expected: Finished = { exitCode: 1, stdout: '', stderr: line };
  expect(ends).toEqual(commands.map(() => expected));
});

test('an attached program is told too', async () => {
  await using site = await Site.open();
  const control = join(site.folder, 'y.sock');
  const { process } = await site.up('y', '--no-discovery', '--control', control);
  await using node = await attach({ control });
  process.kill('SIGSTOP');
  await expect(node.status()).rejects.toMatchObject({
    code: 'SKEIN_TIMEOUT',
    message: `the node at ${control} does not answer for 5 s; is it stopped?`,
  });
}, 10_000);

test('a node that lives is waited for as long as was asked, and an idle stream stays open', async () => {
  await using site = await Site.open();
  await site.up('a');
  await site.up('b');
  const listening = site.start('listen', '--node', 'a', '--count', '1');
  const waited = await site.run(['status', '--node', 'a', '--count', '3', '--timeout', '7s']);
  expect(waited.stderr).toMatch(/missing .*\(SKEIN_TIMEOUT\)/);
  await site.must('send', 'a', 'after the quiet', '--node', 'b');
  expect((await listening.ended).stdout).toContain('after the quiet');
}, 20_000);

test('a stream that has begun outlives a node that is stopped for a while', async () => {
  await using site = await Site.open();
  const [a] = await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--wait', '--node', 'b');
  const listening = site.start('listen', '--node', 'a', '--count', '2');
  await expect.poll(() => site.run(['send', 'a', 'first', '--node', 'b'])).toMatchObject({ exitCode: 0 });
  await listening.lines.next();
  a.process.kill('SIGSTOP');
  expect(await site.run(['status', '--node', 'a'])).toMatchObject({ exitCode: 1 });
  a.process.kill('SIGCONT');
  await site.must('status', '--wait', '--node', 'b');
  await site.must('send', 'a', 'second', '--node', 'b');
  expect((await listening.ended).stdout).toContain('second');
}, 20_000);
