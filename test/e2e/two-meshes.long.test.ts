/** Two meshes of one user and one namespace, with keys of their own: they share the default place of the store. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { LetterStatus } from '../../src/features/letters/api.ts';
import { Site } from './helpers.ts';

let site: Site | undefined;
afterEach(() => site?.close());

const keyFile = (at: Site, mesh: string): string => join(at.folder, `${mesh}.keys`);

test('the store of one mesh is not touched by nodes of another one, until it is given to them', async () => {
  const at = await Site.open(undefined, { SKEIN_NAMESPACE: `meshes-${process.pid}` });
  site = at;
  const [one, other] = ['one', 'other'].map((mesh) => keyFile(at, mesh)) as [string, string];
  for (const file of [one, other]) await at.must('key', 'new', '--key-file', file);
  const a = await at.up('a', '--key-file', one);
  const bodyOf = (id: string) => at.must('letter', 'show', id, '--raw', '--node', 'a');
  const sent = await at.json<{ id: string }>(
    ...['letter', 'send', 'b', 'kept', '--allow-unknown', '--node', 'a'],
  );
  const path = join(at.folder, 'state', 'skein', `meshes-${process.pid}`, 'swarm.sqlite');
  const before = await at.json<{ facts: { id: string; epoch: number } }>('store', 'check');

  const x = await at.up('x', '--key-file', other);
  const refused = await at.run(['node', 'ls', '--all', '--node', 'x']);
  const outcome = await at.run(['letter', 'ls', '--node', 'x']);
  expect([refused.exitCode, outcome.stderr]).toEqual([
    0,
    expect.stringMatching(
      new RegExp(`the store ${path} belongs to the mesh of key [0-9a-f]{16}, and this node has`),
    ),
  ]);
  expect(outcome.stderr).toContain('skein store rekey');
  expect(await at.must('status', '--node', 'x')).toContain('belongs to the mesh of key');
  expect(await bodyOf(sent.id)).toContain('kept');
  const after = await at.json<{ facts: { id: string; epoch: number } }>('store', 'check');
  expect(after.facts).toMatchObject({ id: before.facts.id, epoch: before.facts.epoch });

  for (const { process, ended } of [a, x]) {
    process.kill('SIGTERM');
    await ended;
  }
  const given = await at.json<{ keys: string[] }>('store', 'rekey', '--key-file', other);
  expect(given.keys).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  await at.up('x', '--key-file', other);
  const letters = await at.json<LetterStatus[]>('letter', 'ls', '--node', 'x');
  expect(letters).toMatchObject([{ id: sent.id }]);
});
