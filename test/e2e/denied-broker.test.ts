/** A broker is denied, with real processes of one user and machine: the next one has the store for itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/features/log/api.ts';
import type { NodeStatus } from '../../src/node/node.ts';
import { Site } from './helpers.ts';

const names = ['a', 'b', 'c'] as const;
let site: Site;

beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: `denied-broker-${process.pid}` });
  await Promise.all(names.map((name) => site.up(name)));
  await site.must('status', '--count', '3', '--node', 'a');
});
afterAll(() => site.close());

interface Parts {
  readonly formation: { readonly role: string; readonly aside?: boolean };
  readonly swarm: { readonly store: string; readonly problem?: string };
}

async function partsOf(name: string): Promise<Parts> {
  const { features } = await site.json<NodeStatus>('status', '--node', name);
  return features as unknown as Parts;
}

test('a denied broker gives up the address and the store, and says so where it is asked', async () => {
  await site.must('letter', 'send', 'b', 'first', '--node', 'a');
  await site.must('letter', 'send', 'a', 'second', '--node', 'b');
  await site.must('letter', 'send', 'a', 'third', '--node', 'c');
  const roles = await Promise.all(names.map(async (name) => (await partsOf(name)).formation.role));
  const broker = names[roles.indexOf('broker')] as string;
  const [other, last] = names.filter((name) => name !== broker) as [string, string];
  const changes = async (): Promise<string[]> => {
    const asked = ['log', '--type', 'broker.changed', '--node', other];
    const { entries } = await site.json<{ entries: LogEntry[] }>(...asked);
    return entries.map(({ from }) => from);
  };
  const before = (await changes()).length;
  await site.must('node', 'deny', broker, '--node', other);
  await expect
    .poll(async () => (await partsOf(broker)).formation, { timeout: 20_000 })
    .toMatchObject({
      role: 'seeking',
      aside: true,
    });
  // Both sides use the store, or would.
  for (let i = 0; i < 5; i++) {
    await site.must('letter', 'send', last, `of ${other}`, '--node', other);
    expect(await site.run(['letter', 'ls', '--node', broker])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/this node is denied in the mesh, by .*\(SKEIN_DENIED\)\n$/),
    });
  }
  expect(await changes()).toHaveLength(before + 1);
  expect(await partsOf(broker)).toMatchObject({
    formation: { role: 'seeking' },
    swarm: { store: 'elsewhere', problem: expect.stringContaining('this node is denied') },
  });
  expect(await site.must('node', 'allow', broker, '--node', other)).toBe(`allowed ${broker}\n`);
  await site.must('status', '--count', '3', '--node', broker);
  await expect
    .poll(() => site.run(['letter', 'ls', '--node', broker]), { timeout: 20_000 })
    .toMatchObject({
      exitCode: 0,
    });
});
