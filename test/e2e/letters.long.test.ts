/** Letters with the longest bodies that there may be, between real processes. */
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withResolvers } from '../../src/kit/with-resolvers.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { Site } from './helpers.ts';

function attached(site: Site, name: string): Promise<SkeinNode> {
  return attach({ control: join(site.folder, 'run', `${name}.sock`) });
}

test('with letterBytes a body has up to 64 MiB, and travels between others', async () => {
  await using site = await Site.open(undefined, { SKEIN_NAMESPACE: `large-letters-${process.pid}` });
  await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--count', '2', '--node', 'a');
  const [a, b] = await Promise.all([attached(site, 'a'), attached(site, 'b')]);
  await expect(a.set({ letterBytes: 64 * 1024 ** 2 + 1 })).rejects.toThrow(/from 1 to 64MiB, got 67108865/);
  await site.must('node', 'set', 'letter-bytes', '64MiB', '--node', 'a');
  const body = randomFillSync(new Uint8Array(64 * 1024 ** 2));
  const got: Uint8Array[] = [];
  const all = withResolvers();
  const handler = b.letters.handle(({ body: each }) => {
    got.push(each as Uint8Array);
    if (got.length === 3) all.resolve();
  });
  // One after the other: with the longest one there is no room for another request that is not answered yet.
  for (const each of [Uint8Array.of(1), body, Uint8Array.of(3)]) await a.letters.send('b', each);
  await all.promise;
  expect(got.map(({ length }) => length)).toEqual([1, body.length, 1]);
  expect(Buffer.compare(got[1] as Uint8Array, body)).toBe(0);
  await expect(a.letters.send('b', new Uint8Array(body.length + 1))).rejects.toMatchObject({
    code: 'SKEIN_TOO_LARGE',
  });
  await a.set({ letterBytes: 1024 ** 2 });
  await handler.close();
  await Promise.all([a.close(), b.close()]);
});
