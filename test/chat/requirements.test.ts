/**
 * The requirements of Chat, each by its number, on nodes that are processes of their own. Those of tasks (REQ14 to REQ21)
 * are in `task-requirements.test.ts`.
 *
 * Invariant: a swarm of three whose programs attach to them; each test leaves their mailboxes empty.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Letter, SkeinNode } from '../../src/node/node.ts';
import { ThreeNodes } from './three-nodes.ts';

const swarm = { swarm: true } as const;
let nodes: ThreeNodes;
let a: SkeinNode;
let b: SkeinNode;
let c: SkeinNode;

beforeAll(async () => {
  nodes = await ThreeNodes.open('chat-requirements');
  [a, b, c] = nodes.all;
  for (const [node, name] of [
    [a, 'print'],
    [b, 'print'],
    [b, 'scan'],
  ] as const)
    node.respond(name, () => 'done');
  // From now on the swarm knows all of them.
  await vi.waitFor(async () => expect(await a.swarm.nodes()).toHaveLength(3), 20_000);
});
afterAll(() => nodes.close());

/** What this node is handed, up to this number of letters. */
async function letters(node: SkeinNode, count: number, conversations = false): Promise<Letter[]> {
  const handled: Letter[] = [];
  await new Promise<void>((resolve) => {
    const handling = node.letters.handle(
      (letter) => {
        handled.push(letter);
        // Closed after this one is settled.
        if (handled.length === count) setImmediate(() => void handling.close().then(resolve));
      },
      { conversations },
    );
  });
  return handled;
}

const bodies = async (node: SkeinNode, count: number, conversations = false) =>
  (await letters(node, count, conversations)).map(({ body }) => body);

test('REQ01: a peer receives letters', async () => {
  const { id } = await a.letters.send('b', { text: 'hello' });
  const [letter] = await letters(b, 1);
  expect(letter).toMatchObject({ id, from: 'a', body: { text: 'hello' }, attempt: 1, delivered: false });
});

test('REQ02: a peer sends letters, and sees what becomes of them', async () => {
  const { id, where } = await b.letters.send('a', 'to the broker');
  expect(where).toBe('store');
  const stored = [{ name: 'a', state: 'stored' }];
  expect(await b.letters.status(id)).toMatchObject({ from: 'b', recipients: stored });
  expect(await bodies(a, 1)).toEqual(['to the broker']);
  await expect
    .poll(async () => (await b.letters.status(id))?.recipients)
    .toMatchObject([{ name: 'a', state: 'delivered' }]);
});

test('REQ03: a peer that joins late gets what was sent before, in order', async () => {
  for (const text of ['first', 'second']) await a.letters.send('late', text, { allowUnknown: true });
  const late = await nodes.start('late');
  expect(await bodies(late, 2)).toEqual(['first', 'second']);
});

test('REQ04: a peer lists the services of another', async () => {
  expect((await c.query('b', 'services')).services).toEqual(['print', 'scan']);
});

test('REQ05: a peer lists the services of the swarm', async () => {
  const { services } = await c.query(swarm, 'services');
  expect(services).toEqual([
    { name: 'print', nodeCount: 2 },
    { name: 'scan', nodeCount: 1 },
  ]);
});

test('REQ06: a peer lists the peers that are available', async () => {
  // `late` has joined in the test of REQ03.
  await vi.waitFor(async () => {
    expect((await c.nodes()).map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'late']);
  }, 20_000);
  expect((await c.query('b', 'peers')).peers.map(({ name }) => name)).toEqual(['a', 'c', 'late']);
});

test('REQ07: a peer lists all that were ever there', async () => {
  const gone = await nodes.start('gone');
  gone.respond('fax', () => 'done');
  await expect
    .poll(async () => (await a.swarm.nodes()).find(({ name }) => name === 'gone'))
    .toMatchObject({ isReachable: true });
  await nodes.site.must('down', '--node', 'gone');
  await expect
    .poll(async () => (await c.swarm.nodes()).find(({ name }) => name === 'gone'))
    .toMatchObject({ isReachable: false });
  expect((await c.nodes()).map(({ name }) => name)).not.toContain('gone');
});

test('REQ08: a peer says that it is not available, and letters still arrive', async () => {
  await b.availability.set({ available: false });
  await expect
    .poll(async () => (await c.availability.list()).find(({ name }) => name === 'b'))
    .toMatchObject({ available: false });
  await a.letters.send('b', 'for later');
  expect(await bodies(b, 1)).toEqual(['for later']);
  await b.availability.set({ available: true });
});

test('REQ09: a peer says that nobody is active there, which is shown', async () => {
  await b.availability.set({ active: false });
  await expect
    .poll(async () => (await c.availability.list()).find(({ name }) => name === 'b'))
    .toMatchObject({ available: true, active: false });
  await b.availability.set({ active: true });
});

test('REQ10: peers that come later are in the same swarm', async () => {
  await nodes.start('later');
  await expect.poll(async () => (await c.swarm.nodes()).map(({ name }) => name)).toContain('later');
});

test('REQ11: a letter to one peer reaches that one alone', async () => {
  const { id } = await a.letters.send('c', 'for you');
  expect(await bodies(c, 1)).toEqual(['for you']);
  expect((await a.letters.status(id))?.recipients.map(({ name }) => name)).toEqual(['c']);
  expect(await a.letters.list({ to: 'b', state: 'stored' })).toEqual([]);
});

test('REQ12: a letter to several peers reaches each of them', async () => {
  await a.letters.send(['b', 'c'], 'for both');
  expect(await Promise.all([bodies(b, 1), bodies(c, 1)])).toEqual([['for both'], ['for both']]);
});

test('REQ13: a peer begins a conversation, and what is said there reaches all others in it', async () => {
  const talk = await a.letters.converse(['b', 'c']);
  await talk.say('lunch?');
  const [letter] = await letters(b, 1, true);
  expect(letter).toMatchObject({ body: 'lunch?', conversation: talk.id });
  await b.letters.conversation(talk.id).say('at one');
  expect(await Promise.all([bodies(a, 1, true), bodies(c, 2, true)])).toEqual([
    ['at one'],
    ['lunch?', 'at one'],
  ]);
});

test('REQ22: a logger records what happens, and gets what it has missed', async () => {
  const { id } = await a.letters.send('b', 'recorded');
  await bodies(b, 1);
  const types: string[] = [];
  await new Promise<void>((resolve) => {
    const keeping = c.log.keep('logger', (entries) => {
      for (const { type, subject } of entries) if (subject === id) types.push(type);
      if (types.length === 2) setImmediate(() => void keeping.close().then(resolve));
    });
  });
  expect(types).toEqual(['letter.stored', 'letter.delivered']);
});

test('REQ23: a letter from a peer that is not known in a conversation adds its author to it', async () => {
  const talk = await a.letters.converse('b');
  await c.letters.conversation(talk.id).say('may I join?');
  expect(await Promise.all([bodies(a, 1, true), bodies(b, 1, true)])).toEqual([
    ['may I join?'],
    ['may I join?'],
  ]);
  expect(await talk.participants()).toEqual(['a', 'b', 'c']);
});
