/** A node that has fallen silent: what those attached are told, and what outlives the silence. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attach } from '../../src/remote/attach.ts';
import { Site } from './helpers.ts';

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
});

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
});
