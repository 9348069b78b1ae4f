// How to test a program that uses skein: give it a node of a mesh in memory. An hour of virtual time
// passes in a moment, crashes and partitions happen when the test says so, and every run is the same.
// Here the program and its tests are one file; run it with `node examples/tested-program.mjs`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestMesh } from 'skein/testing';

/**
 * The program: counts votes, one per node, and tells everybody the result.
 * @param {import('skein').SkeinNode} node
 */
function ballot(node) {
  /** @type {Map<string, string>} */
  const votes = new Map();
  node.handle(({ from, body }) => void votes.set(from, String(body)), { kind: 'vote' });
  node.events.addEventListener('node:down', ({ detail }) => votes.delete(detail.name));
  return votes;
}

test('everybody counts the votes of all others', async (t) => {
  const mesh = await createTestMesh(['ann', 'ben', 'cat']);
  t.after(() => mesh.close());
  const ballots = mesh.nodes.map(ballot);
  for (const node of mesh.nodes) await mesh.run(node.broadcast('yes', { kind: 'vote' }));
  for (const votes of ballots) assert.equal(votes.size, 2);
});

test('the vote of a node that dies no longer counts', async (t) => {
  const mesh = await createTestMesh(['ann', 'ben', 'cat']);
  t.after(() => mesh.close());
  const votes = ballot(mesh.node('ann'));
  await mesh.run(mesh.node('cat').send('ann', 'no', { kind: 'vote' }));
  assert.deepEqual([...votes], [['cat', 'no']]);
  mesh.crash('cat');
  await mesh.until(() => votes.size === 0, 1000);
});

test('nor does that of one cut off, until it is back and votes again', async (t) => {
  const mesh = await createTestMesh(['ann', 'ben', 'cat'], { seed: 7, lossPercent: 2 });
  t.after(() => mesh.close());
  const votes = ballot(mesh.node('ann'));
  await mesh.run(mesh.node('cat').send('ann', 'no', { kind: 'vote' }));
  const heal = mesh.separate(['cat']);
  await mesh.until(() => votes.size === 0, 10_000);
  heal();
  await mesh.untilAllKnowAll();
  await mesh.run(mesh.node('cat').send('ann', 'yes', { kind: 'vote' }));
  assert.deepEqual([...votes], [['cat', 'yes']]);
});

test('a letter to a node that is not there yet waits for it', async (t) => {
  const mesh = await createTestMesh(['ann', 'ben']);
  t.after(() => mesh.close());
  await mesh.run(mesh.node('ann').letters.send('cat', 'please vote', { allowUnknown: true }));
  /** @type {unknown[]} */
  const asked = [];
  const cat = await mesh.start('cat');
  cat.letters.handle(({ body }) => void asked.push(body));
  await mesh.until(() => asked.length === 1);
  assert.deepEqual(asked, ['please vote']);
});
