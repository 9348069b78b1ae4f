/**
 * Two machines with keys, each a site of its own, and what their nodes say of each other.
 *
 * Used by the tests of refusals. Invariant: `a` runs on the first and `b` on the second, without discovery.
 */
import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import type { NodeStatus } from '../../src/node/node.ts';
import type { RunningNode, Site } from './helpers.ts';

export const onLoopback = ['--listen', '127.0.0.1:0'];
export const apart = [...onLoopback, '--no-discovery'];
export const soon = { timeout: 15_000, interval: 200 };

/** Two members of one key, linked; and the id of the key. */
export async function members(
  one: Site,
  two: Site,
): Promise<{ a: RunningNode; b: RunningNode; old: string }> {
  await one.must('key', 'new');
  await copyKeys(one, two);
  const a = await one.up('a', ...apart);
  const b = await two.up('b', ...apart, '--connect', a.address);
  await expectTogether(two);
  return { a, b, old: await keyIdOf(one) };
}

export const keyIdOf = async (site: Site) =>
  (await site.json<{ keys: { id: string }[] }>('key', 'show')).keys[0]?.id as string;
export const copyKeys = (from: Site, to: Site) =>
  to.run(['key', 'add'], { input: readFileSync(from.keyPath, 'utf8') });
export const namesAt = async (site: Site) =>
  (await site.json<{ name: string }[]>('node', 'ls')).map(({ name }) => name).sort();
export const linksAt = async (site: Site) => (await site.json<NodeStatus>('status')).links.length;
export const why = (site: Site, ...args: string[]) => site.must('why', ...args);

export async function expectTogether(two: Site): Promise<void> {
  await vi.waitFor(async () => expect(await namesAt(two)).toEqual(['a', 'b']), soon);
}

export async function logOf(site: Site, node: RunningNode): Promise<string> {
  await site.must('down', '--node', node.name);
  return (await node.ended).stderr;
}
