/** Whose name it is, with real processes: an identity file, another node under the name, and `skein node forget`. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SwarmNode } from '../../src/features/swarm/api.ts';
import { type RunningNode, Site } from './helpers.ts';

const namespace = `pinned-${process.pid}`;
let site: Site;
let b: RunningNode;

beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: namespace });
  await site.up('a');
  b = await site.up('b');
  await site.must('status', '--count', '2', '--node', 'a');
});
afterAll(() => site.close());

const send = (from: string, to: string) => site.run(['letter', 'send', to, 'hi', '--node', from]);
const identityOf = async (name: string): Promise<string | undefined> => {
  const nodes = await site.json<(SwarmNode & { name: string })[]>('node', 'ls', '--all', '--node', 'a');
  return nodes.find((node) => node.name === name)?.identity;
};

async function restarted(...flags: string[]): Promise<void> {
  await site.must('down', '--node', 'b');
  await b.ended;
  b = await site.up('b', ...flags);
  await site.must('status', '--count', '2', '--node', 'a');
}

test('the swarm pins a name to the identity in the state folder of its node', async () => {
  const file = join(site.folder, 'state', 'skein', namespace, 'b.identity');
  expect(() => statSync(file)).toThrow('ENOENT');
  expect(await send('b', 'a')).toMatchObject({ exitCode: 0 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await send('a', 'b')).toMatchObject({ exitCode: 0 });
  await expect.poll(() => identityOf('b'), { timeout: 20_000 }).toMatch(/^[0-9a-f]{32}$/);
  const before = { text: readFileSync(file, 'utf8'), identity: await identityOf('b') };
  await restarted();
  expect(await send('b', 'a')).toMatchObject({ exitCode: 0 });
  expect({ text: readFileSync(file, 'utf8'), identity: await identityOf('b') }).toEqual(before);
  const stays = await site.run(['node', 'forget', 'b', '--node', 'a']);
  expect(stays).toMatchObject({ exitCode: 1, stdout: '' });
  expect(stays.stderr).toBe('skein: b is here: stop it first (SKEIN_REFUSED)\n');
});

test('another identity is refused under the name until the name is forgotten', async () => {
  await restarted('--identity', join(site.folder, 'other.identity'));
  const refused = await send('b', 'a');
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^skein: the swarm knows b with identity [0-9a-f]{12}, and this node has [0-9a-f]{12}: .*skein node forget b on another node \(SKEIN_NAME_PINNED\)\n$/,
  );
  expect(await site.must('node', 'forget', 'b', '--node', 'a')).toBe('forgot b and its identity\n');
  expect(await send('b', 'a')).toMatchObject({ exitCode: 0 });
});
