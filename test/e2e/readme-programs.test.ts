/** Programs in README.md that are more than a line: what they leave behind is looked at. */
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { SkeinNode } from '../../src/node/node.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The block of code that has this in it. */
function block(part: string): string {
  const found = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code as string);
  const [only, ...others] = found.filter((code) => code.includes(part));
  if (only === undefined || others.length > 0) throw new Error(`README.md: one block of js with ${part}`);
  return only;
}

const openChannels = async (node: SkeinNode) =>
  ((await node.status()).features.channel as { readonly open: number }).open;

test('the backup through a channel copies the file, says so at both ends, and leaves no channel open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-readme-'));
  const alone = { discovery: false } as const;
  const alice = await createNode({ name: 'alice', ...alone });
  const [address] = (await alice.status()).addresses;
  const bob = await createNode({ name: 'bob', ...alone, connect: [address as string] });
  await alice.ready({ nodes: ['bob'] });
  const said: unknown[] = [];
  const parts = {
    alice,
    bob,
    pipeline,
    createReadStream: (name: string) => createReadStream(join(folder, name)),
    createWriteStream: (name: string) => createWriteStream(join(folder, name)),
    console: { log: (...words: unknown[]) => said.push(words[0]) },
  };
  const run = (code: string): Promise<void> =>
    new Function(...Object.keys(parts), `return (async () => {${code}})()`)(...Object.values(parts));
  try {
    writeFileSync(join(folder, 'archive.tar'), Buffer.alloc(3_000_000, 'skein'));
    const code = block("protocol: 'backup'");
    const sendingFrom = code.indexOf('const channel = await alice.pair');
    const receiving = run(code.slice(0, sendingFrom));
    for (let time = 1; time <= 3; time++) {
      await run(code.slice(sendingFrom));
      await vi.waitFor(() => expect(said).toHaveLength(2 * time));
      expect(said.slice(-2).sort()).toEqual(['bob has all', 'done']);
      expect(readFileSync(join(folder, 'alice.tar')).equals(readFileSync(join(folder, 'archive.tar')))).toBe(
        true,
      );
    }
    await vi.waitFor(async () =>
      expect([await openChannels(alice), await openChannels(bob)]).toEqual([0, 0]),
    );
    const ended = once(bob.events as never, 'close');
    await bob.close();
    await Promise.all([receiving, ended]);
  } finally {
    await Promise.all([alice.close(), bob.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the orders of tasks show their results, those of several parts in order, and a cancel of what has ended', async () => {
  const alone = { discovery: false } as const;
  const alice = await createNode({ name: 'alice', ...alone });
  const [address] = (await alice.status()).addresses;
  const bob = await createNode({ name: 'bob', ...alone, connect: [address as string] });
  const said: unknown[][] = [];
  try {
    await alice.ready({ nodes: ['bob'] });
    bob.tasks.work<{ scene: string; frames: number }, string>('render', ({ input }) => input.scene, {
      cores: 4,
    });
    await vi.waitFor(async () => expect(await alice.tasks.workers()).toHaveLength(1));
    const code = block("alice.tasks.order('render'");
    const parts = { alice, console: { log: (...words: unknown[]) => said.push(words) } };
    await new Function(...Object.keys(parts), `return (async () => {${code}})()`)(...Object.values(parts));
    expect(said.slice(-4)).toEqual([['done', undefined], ['intro'], [['part 1', 'part 2']], ['too-late']]);
  } finally {
    await Promise.all([alice.close(), bob.close()]);
  }
});
