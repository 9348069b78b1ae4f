/** A machine is shut out without a new key, with real processes: `skein node deny`, `--list`, and `skein node allow`. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeniedNode } from '../../src/features/swarm/api.ts';
import { type Finished, type RunningNode, Site } from './helpers.ts';

const namespace = `denied-${process.pid}`;
let site: Site;
/** Of another machine: its state is its own. */
let elsewhere: Site;
let a: RunningNode;
let b: RunningNode;

beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: namespace });
  elsewhere = await Site.open(site, { SKEIN_NAMESPACE: namespace });
  a = await site.up('a');
  await site.up('c');
  b = await elsewhere.up('b');
  await site.must('status', '--count', '3', '--node', 'a');
});
afterAll(async () => {
  await elsewhere.close();
  await site.close();
});

const file = (of: Site): string => join(of.folder, 'state', 'skein', namespace, 'denied.json');
const denied = (): Promise<DeniedNode[]> => site.json<DeniedNode[]>('node', 'deny', '--list', '--node', 'a');
const sendFromB = (): Promise<Finished> => elsewhere.run(['send', 'a', 'hi', '--timeout', '2s']);
async function nodesSeenBy(name: string): Promise<string[]> {
  const nodes = await site.json<{ name: string }[]>('node', 'ls', '--node', name);
  return nodes.map((node) => node.name).sort();
}

test('bad input is named in one line', async () => {
  const problem = async (...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await site.run(['node', ...args, '--node', 'a']);
    return `${exitCode} ${stderr}`;
  };
  expect(await problem('deny')).toMatch(/^2 skein: say which node: skein node deny NAME/);
  expect(await problem('deny', 'a')).toBe(
    '2 skein: a is this node itself: run skein node deny on another node (SKEIN_INVALID)\n',
  );
  expect(await problem('deny', 'b', '--identity', 'abc')).toMatch(
    /^2 skein: .*an identity has 32 hexadecimal digits, and "?abc"? does not fit/,
  );
  expect(await problem('deny', 'typo')).toMatch(
    /^1 skein: no node named typo was ever here: .*\(SKEIN_UNKNOWN_NODE\)\n$/,
  );
  expect(await problem('allow', 'b')).toMatch(/^1 skein: b: no node of that name is denied.*\n$/);
  expect(await site.must('node', 'deny', '--list', '--node', 'a')).toBe('no node is denied\n');
});

test('a node that is denied is gone for all members, and its user reads why', async () => {
  expect(await elsewhere.run(['letter', 'send', 'a', 'hi'])).toMatchObject({ exitCode: 0 });
  const said = await site.must('node', 'deny', 'b', '--node', 'a');
  expect(said).toMatch(/^denied b with identity [0-9a-f]{32}\n$/);
  expect(await denied()).toMatchObject([{ name: 'b', by: 'a', identity: expect.stringMatching(/^.{32}$/) }]);
  await expect.poll(() => nodesSeenBy('c'), { timeout: 20_000 }).not.toContain('b');
  expect(await sendFromB()).toMatchObject({ exitCode: 1 });
  const why = await elsewhere.run(['why']);
  expect(why.stdout).toContain('this node is denied in the mesh, by a');
  expect(await site.must('why', 'b', '--node', 'c')).toContain('b is denied in this mesh, by a');
  for (const of of [site, elsewhere]) {
    expect(statSync(file(of)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file(of), 'utf8'))).toMatchObject({ version: 1 });
  }
});

test('it stays out over a restart of every node, and is a member again once it is allowed', async () => {
  await site.must('down', '--node', 'a');
  await a.ended;
  a = await site.up('a');
  await elsewhere.must('down');
  await b.ended;
  b = await elsewhere.up('b', '--connect', a.address);
  await site.must('status', '--count', '2', '--node', 'a');
  expect(await denied()).toHaveLength(1);
  expect(await sendFromB()).toMatchObject({ exitCode: 1 });
  const own = await elsewhere.run(['node', 'allow', 'b']);
  expect(own.stderr).toContain('b is this node itself: run skein node allow on another node (SKEIN_INVALID)');
  expect(await site.must('node', 'allow', 'b', '--node', 'c')).toBe('allowed b\n');
  await site.must('status', '--count', '3', '--node', 'a');
  expect(await denied()).toEqual([]);
  expect(await elsewhere.run(['letter', 'send', 'a', 'again'])).toMatchObject({ exitCode: 0 });
});
