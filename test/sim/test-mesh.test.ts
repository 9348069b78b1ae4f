/** The swarm of a test mesh: letters, conversations, queries and the log, without a flag and under virtual time. */
import { expect, test } from 'vitest';
import type { SkeinNode } from '../../src/node/node.ts';
import { createTestMesh, type TestMesh } from '../../src/testing/index.ts';

const statusOf = async (mesh: TestMesh, node: SkeinNode, feature: string): Promise<Record<string, unknown>> =>
  (await mesh.run(node.status())).features[feature] as Record<string, unknown>;

/** The node that keeps the swarm. */
async function keeperOf(mesh: TestMesh): Promise<string> {
  for (const node of mesh.nodes)
    if ((await statusOf(mesh, node, 'formation')).role === 'broker') return node.name;
  throw new Error('nobody keeps the swarm');
}

function handled(node: SkeinNode): unknown[] {
  const bodies: unknown[] = [];
  node.letters.handle(({ body }) => void bodies.push(body));
  return bodies;
}

test('a letter waits for a node that comes later, and is settled there', async () => {
  await using mesh = await createTestMesh(['ann', 'ben']);
  const { letters } = mesh.node('ann');
  const sent = await mesh.run(letters.send('cat', { hello: 1 }, { allowUnknown: true }));
  expect(sent).toMatchObject({ n: 1, where: 'store' });
  const bodies = handled(await mesh.start('cat'));
  await mesh.until(() => bodies.length === 1);
  expect(bodies).toEqual([{ hello: 1 }]);
  await mesh.pass(1000);
  const status = await mesh.run(letters.status(sent.id));
  expect(status?.recipients).toMatchObject([{ name: 'cat', state: 'delivered', attempts: 1 }]);
});

test('what nobody handles expires in virtual time, and its author hears of it', async () => {
  await using mesh = await createTestMesh(['ann', 'ben']);
  const ann = mesh.node('ann');
  const ends: unknown[] = [];
  ann.events.addEventListener('letter:undelivered', ({ detail }) => ends.push(detail));
  const { id } = await mesh.run(
    ann.letters.send('ben', 'soon', { expiresMs: 3_600_000, allowUnknown: true }),
  );
  await mesh.until(() => ends.length === 1, 2 * 3_600_000);
  expect(ends).toMatchObject([{ id, recipient: 'ben', state: 'expired' }]);
});

test('the swarm outlives the node that keeps it, whether that crashes or leaves', async () => {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat', 'dan']);
  const send = (from: string, body: string) =>
    mesh.run(mesh.node(from).letters.send('eve', body, { allowUnknown: true }));
  await send('ann', 'first');
  mesh.crash(await keeperOf(mesh));
  await send(mesh.nodes[0]?.name ?? '', 'second');
  await mesh.run(mesh.node(await keeperOf(mesh)).close());
  await send(mesh.nodes[0]?.name ?? '', 'third');
  const bodies = handled(await mesh.start('eve'));
  await mesh.until(() => bodies.length === 3);
  expect(bodies).toEqual(['first', 'second', 'third']);
});

test('a recipient that crashes while it handles a letter gets it again when it is back', async () => {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat']);
  await mesh.run(mesh.node('ann').swarm.nodes());
  const keeper = await keeperOf(mesh);
  const [author, recipient] = mesh.nodes.filter(({ name }) => name !== keeper) as [SkeinNode, SkeinNode];
  let begun = 0;
  recipient.letters.handle(() => {
    begun++;
    return new Promise(() => undefined);
  });
  await mesh.run(author.letters.send(recipient.name, 'twice'));
  await mesh.until(() => begun === 1);
  mesh.crash(recipient.name);
  const bodies = handled(await mesh.start(recipient.name));
  await mesh.until(() => bodies.length === 1);
});

test('a recipient that keeps the swarm, and crashes while it handles a letter, gets it again when it is back', async () => {
  // A seed at which the next keeper opens the store before it has heard of the next incarnation's identity.
  await using mesh = await createTestMesh(['ann', 'ben', 'cat'], { seed: 1 });
  const ben = mesh.node('ben');
  let begun = 0;
  ben.letters.handle(() => {
    begun++;
    return new Promise(() => undefined);
  });
  await mesh.run(mesh.node('ann').letters.send('ben', 'twice'));
  await mesh.until(() => begun === 1);
  expect(await keeperOf(mesh)).toBe('ben');
  mesh.crash('ben');
  const bodies = handled(await mesh.start('ben'));
  await mesh.until(() => bodies.length === 1);
});

test('letters of nodes that are separated from the one that keeps the swarm wait in their outboxes', async () => {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat']);
  await mesh.run(mesh.node('ann').swarm.nodes());
  const keeper = await keeperOf(mesh);
  const [author, recipient] = mesh.nodes.filter(({ name }) => name !== keeper) as [SkeinNode, SkeinNode];
  const bodies = handled(recipient);
  const heal = mesh.separate([keeper]);
  await mesh.pass(10_000);
  const sent = await mesh.run(author.letters.send(recipient.name, 'later'));
  expect([sent.where, bodies]).toEqual(['outbox', []]);
  heal();
  await mesh.until(() => bodies.length === 1);
});

test('conversations, queries to the swarm and the log work as at real nodes', async () => {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat']);
  const [ann, ben, cat] = mesh.nodes as [SkeinNode, SkeinNode, SkeinNode];
  const kept: string[] = [];
  const keeping = cat.log.keep('audit', (entries) => void kept.push(...entries.map(({ type }) => type)));
  await mesh.run(keeping.opened);

  const talk = await mesh.run(ann.letters.converse(['ben']));
  const heard: unknown[] = [];
  ben.letters.conversation(talk.id).handle(({ body }) => void heard.push(body));
  await mesh.run(talk.say('hello'));
  await mesh.until(() => heard.length === 1);
  expect([heard, await mesh.run(talk.participants())]).toEqual([['hello'], ['ann', 'ben']]);

  for (const node of mesh.nodes) node.queries.answer('disk', () => ({ of: node.name }), { swarm: true });
  const keeper = await keeperOf(mesh);
  expect(await mesh.run(ann.query({ swarm: true }, 'disk'))).toEqual({ of: keeper });
  const nodes = await mesh.run(ben.swarm.nodes());
  expect(nodes.map(({ name, isReachable }) => [name, isReachable])).toEqual([
    ['ann', true],
    ['ben', true],
    ['cat', true],
  ]);

  await mesh.until(() => kept.includes('letter.delivered'));
  const { entries } = await mesh.run(ann.log.list({ type: 'letter' }));
  expect(entries[0]).toMatchObject({ type: 'letter.stored', from: 'ann', to: ['ben'] });
});

test('a node with logMessages has its messages in the log, and another one has not', async () => {
  await using mesh = await createTestMesh(['a']);
  await mesh.start('b', { logMessages: true });
  for (const node of mesh.nodes) node.handle(() => undefined, {});
  await mesh.run(mesh.node('a').send('b', 'not logged', { kind: 'plain' }));
  await mesh.run(mesh.node('b').send('a', 'logged', { kind: 'noted' }));
  await mesh.pass(5000);
  const { entries } = await mesh.run(mesh.node('a').log.list({ type: 'message' }));
  expect(entries.map(({ from, subject }) => [from, subject])).toEqual([['b', 'noted']]);
});

test('what the swarm does is the same for the same seed', async () => {
  const runs: unknown[] = [];
  for (const seed of [4, 4, 5]) {
    await using mesh = await createTestMesh(['ann', 'ben', 'cat'], { seed, lossPercent: 5 });
    const { id } = await mesh.run(mesh.node('ann').letters.send('ben', 1));
    const bodies = handled(mesh.node('ben'));
    await mesh.until(() => bodies.length === 1);
    runs.push([id, mesh.now, await keeperOf(mesh)]);
  }
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]).not.toEqual(runs[2]);
});

test('a mesh that does not use the swarm has no formation, and keeps nothing', async () => {
  await using mesh = await createTestMesh(['ann', 'ben']);
  await mesh.pass(60_000);
  for (const node of mesh.nodes)
    expect(await statusOf(mesh, node, 'formation')).toMatchObject({ role: 'seeking', addresses: [] });
  await mesh.run(mesh.node('ann').letters.send('ben', 1));
  expect(await keeperOf(mesh)).toMatch(/^(ann|ben)$/);
});

test('an option of a node of the mesh that is no answer to its question is refused', async () => {
  await using mesh = await createTestMesh(['ann']);
  const logMessages = 'yes' as unknown as boolean;
  await expect(mesh.start('ben', { logMessages })).rejects.toThrow('logMessages is true or false, got "yes"');
});
