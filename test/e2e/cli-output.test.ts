/** Commands whose output ends before they do: a full disk, a reader that has had enough, a closed terminal. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NodeInfo } from '../../src/node/node.ts';
import { type Finished, program, Site, startProgram } from './helpers.ts';

/** Runs `skein ARGS` with something behind it, in the shell's words. */
function shell(site: Site, args: string, behind: string): Promise<Finished> {
  const env = { ...site.environment(), TMPDIR: join(site.folder, 'tmp'), SKEIN: program };
  mkdirSync(env.TMPDIR, { recursive: true });
  return startProgram(['sh', '-c', `"$NODE" "$SKEIN" ${args} ${behind}`], {
    env: { ...env, NODE: process.execPath },
  }).ended;
}

describe.skipIf(!existsSync('/dev/full'))('a full disk is one line and exit code 1', () => {
  test.each(['status', 'demo', 'key new', '--help'])('skein %s', async (args) => {
    await using site = await Site.open();
    await site.up('a');
    const { exitCode, stderr } = await shell(site, args, '> /dev/full');
    expect([exitCode, stderr]).toEqual([
      1,
      'skein: standard output cannot be written (ENOSPC): write it elsewhere\n',
    ]);
    expect(readdirSync(join(site.folder, 'tmp'))).toEqual([]);
  });

  test('skein up says goodbye', async () => {
    await using site = await Site.open();
    const { exitCode, stderr } = await shell(site, 'up --name b', '> /dev/full');
    expect([exitCode, stderr.split('\n').length]).toEqual([1, 2]);
    expect(readdirSync(join(site.folder, 'run'))).toEqual([]);
  });

  test.each(['text', 'json'])('for the log (%s): the node goes on without it', async (format) => {
    await using site = await Site.open();
    const node = shell(site, `up --name b --log-level debug --log-format ${format}`, '2> /dev/full');
    await site.up('a');
    // Both log that there is a link now.
    await site.must('status', '--wait', '--node', 'a');
    await site.must('down', '--node', 'b');
    expect(await node).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ready b /) });
  });
});

test('a demo whose reader has had enough leaves nothing behind', async () => {
  await using site = await Site.open();
  const { exitCode, stdout, stderr } = await shell(site, 'demo', '| head -1');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^starting a, b/);
  expect(readdirSync(join(site.folder, 'tmp'))).toEqual([]);
});

test('a node whose terminal is closed says goodbye', async () => {
  await using site = await Site.open();
  const [a] = await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--wait', '--node', 'b');
  a.process.kill('SIGHUP');
  expect((await a.ended).exitCode).toBe(0);
  const left = await site.json<NodeInfo[]>('node', 'ls', '--all', '--node', 'b');
  expect(left).toContainEqual(expect.objectContaining({ name: 'a', left: true }));
  expect(readdirSync(join(site.folder, 'run')).sort()).toEqual(['b.json', 'b.sock']);
});
