/** Queries in a mesh: what a lying member can do to whoever asks it, the limits, and what is seen of it elsewhere. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CallsFeatureShape } from '../../src/features/calls/shape.ts';
import { queryLimits } from '../../src/features/queries/core/limits.ts';
import { queryService } from '../../src/features/queries/core/queries.ts';
import type { Swarm } from '../../src/features/swarm/core/swarm.ts';
import { swarm } from '../../src/features/swarm/feature.ts';
import type { KernelNode } from '../../src/node/local-node.ts';
import type { LocalNode } from '../../src/node/node.ts';
import type { Mesh, World } from '../../src/sim/index.ts';
import { swarmOfTwo } from './swarm-of-two.ts';

const theSwarm = { swarm: true } as const;
let world: World;
let mesh: Mesh;
/** The broker of the swarm. */
let a: LocalNode;
let b: LocalNode;

beforeEach(async () => {
  ({ world, mesh, a, b } = await swarmOfTwo());
});
afterEach(() => {
  mesh.killAll();
  expect(world.failures.filter((text) => !text.includes('ended by itself'))).toEqual([]);
});

const settle = <Value>(work: Promise<Value>): Promise<Value> => world.resolve(work, 60_000);

/** From now on this node answers each query with this, whatever it was. */
function lies(node: LocalNode, answer: (input: unknown) => unknown): void {
  const calls = (node as unknown as KernelNode).facades.sharedOf('calls') as CallsFeatureShape['shared'];
  calls.answer(queryService, ({ input }) => answer(input));
}

/** The same of the broker and the swarm. */
function swarmLies(node: LocalNode, json: string): void {
  const { core } = node as unknown as { core: { behavior(feature: typeof swarm): Swarm } };
  core.behavior(swarm).answerBy('query', (_from, _input, reply) => reply.answer(json));
}

test.each<[string, unknown]>([
  ['nothing', null],
  ['text', 'text'],
  ['no bytes', { encoding: 1, body: 'text' }],
  ['an unknown encoding', { encoding: 7, body: Uint8Array.of(1) }],
  ['bytes that are no value', { encoding: 1, body: Uint8Array.of(0xff, 0xff) }],
  ['a value that is no answer of that query', { encoding: 1, body: Uint8Array.of(0xf6) }],
  [
    'more bytes than an answer may have',
    { encoding: 0, body: new Uint8Array(queryLimits.queryAnswerBytesMax + 1) },
  ],
])('a node that answers %s is named by SKEIN_PROTOCOL', async (_what, answer) => {
  lies(b, () => answer);
  await expect(settle(a.query('b', 'stats'))).rejects.toMatchObject({
    code: 'SKEIN_PROTOCOL',
    message: expect.stringMatching(/^query stats: b has answered what does not fit: /),
  });
});

test('fields that an answer of a newer version has besides are left out, and none may be missing', async () => {
  const { sealed } = await import('../../src/features/queries/api/sealed.ts');
  const mood = { mood: 'busy', running: 1, waiting: 0 };
  lies(b, () => sealed({ ...mood, color: 'blue' }, 1000, ''));
  expect(await settle(a.query('b', 'mood'))).toEqual(mood);
  lies(b, () => sealed({ ...mood, mood: 'sad' }, 1000, ''));
  await expect(settle(a.query('b', 'mood'))).rejects.toMatchObject({ code: 'SKEIN_PROTOCOL' });
});

test('a node cannot report with a failure what only this node can know: that is SKEIN_FAILED', async () => {
  for (const code of ['SKEIN_ABORTED', 'SKEIN_NAME_TAKEN', 'E_OWN']) {
    lies(b, () => {
      throw Object.assign(new Error('so it says'), { code });
    });
    await expect(settle(a.query('b', 'stats'))).rejects.toMatchObject({
      ...{ code: 'SKEIN_FAILED', details: { node: 'b', service: 'stats', code, message: 'so it says' } },
    });
  }
});

test('a node without queries, or one that is closing, is named as such', async () => {
  lies(b, () => {
    throw Object.assign(new Error('it was just withdrawn'), { code: 'SKEIN_NO_SERVICE' });
  });
  await expect(settle(a.query('b', 'stats'))).rejects.toMatchObject({
    ...{
      code: 'SKEIN_REFUSED',
      message: 'query stats: b answers no queries: it is closing, or its version has none',
    },
  });
});

test.each([
  ['no JSON', 'nonsense'],
  ['nothing', 'null'],
  ['no body', '{}'],
  ['a value that is no answer of that query', '{"encoding":0,"body":"AQI="}'],
  ['a failure without a message', '{"failed":{"code":"SKEIN_BUSY"}}'],
])('a broker that answers %s is reported with SKEIN_PROTOCOL', async (_what, json) => {
  await settle(b.query(theSwarm, 'stats'));
  swarmLies(a, json);
  await expect(settle(b.query(theSwarm, 'stats'))).rejects.toMatchObject({ code: 'SKEIN_PROTOCOL' });
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['no name', { encoding: 0, body: Uint8Array.of(1) }],
  ['no body', { name: 'stats' }],
  ['bytes that are no value', { name: 'stats', encoding: 1, body: Uint8Array.of(0xff) }],
  [
    'an input that is too large',
    { name: 'stats', encoding: 0, body: new Uint8Array(queryLimits.queryInputBytesMax + 1) },
  ],
])('a query that is %s is refused by the node that it comes to', async (_what, input) => {
  const calls = (b as unknown as KernelNode).facades.sharedOf('calls') as CallsFeatureShape['shared'];
  await expect(settle(calls.request(queryService, 'a', input, {}))).rejects.toMatchObject({
    ...{ code: 'SKEIN_FAILED', details: { code: 'SKEIN_INVALID' } },
  });
});

test('an answer above its limit fails at the node that gives it, to nodes and to the swarm', async () => {
  a.queries.answer('large', () => new Uint8Array(queryLimits.queryAnswerBytesMax + 1), { swarm: true });
  a.queries.answer('largest', () => new Uint8Array(queryLimits.queryAnswerBytesMax), { swarm: true });
  for (const target of ['a', theSwarm]) {
    await expect(settle(b.query(target, 'large'))).rejects.toMatchObject({ code: 'SKEIN_TOO_LARGE' });
    expect((await settle(b.query<Uint8Array>(target, 'largest'))).length).toBe(
      queryLimits.queryAnswerBytesMax,
    );
  }
});

test('answers at work are limited for each name, and one that ends makes room', async () => {
  const ends: (() => void)[] = [];
  const handler = () => new Promise<void>((resolve) => void ends.push(resolve));
  a.queries.answer('slow', handler, { concurrency: 2 });
  const both = [b.query('a', 'slow'), b.query('a', 'slow')];
  await settle(world.run(100) as unknown as Promise<unknown>);
  await expect(settle(b.query('a', 'slow'))).rejects.toMatchObject({
    ...{ code: 'SKEIN_BUSY', retryable: true, message: 'query slow at a: 2 answers are at work already' },
  });
  for (const end of ends) end();
  await settle(Promise.all(both));
  const third = b.query('a', 'slow');
  await world.run(100);
  ends.at(-1)?.();
  expect(await settle(third)).toBe(null);
});

test('no more names are answered than one node may have', () => {
  for (let i = 0; i < queryLimits.queryNamesMax; i++) a.queries.answer(`q${i}`, () => i);
  expect(() => a.queries.answer('one-more', () => 1)).toThrow(
    expect.objectContaining({ code: 'SKEIN_BUSY' }),
  );
});

test('a handler is notified when nobody waits for its answer any more', async () => {
  const left: boolean[] = [];
  const handler = ({ signal, isToSwarm }: { signal: AbortSignal; isToSwarm: boolean }) =>
    new Promise(() => signal.addEventListener('abort', () => left.push(isToSwarm)));
  // The first query to the swarm opens its store.
  await settle(b.query(theSwarm, 'stats'));
  a.queries.answer('never', handler, { swarm: true });
  for (const target of ['a', theSwarm])
    await expect(settle(b.query(target, 'never', null, { timeoutMs: 200 }))).rejects.toMatchObject({
      code: 'SKEIN_TIMEOUT',
    });
  await world.run(queryLimits.queryTimeoutMs + 1000);
  expect(left).toEqual([false, true]);
});

test('that nodes answer queries is not announced, and no program can take the place of their answers', async () => {
  expect((await settle(b.nodes())).map(({ services }) => services)).toEqual([[], []]);
  expect(() => a.respond(queryService, () => 1)).toThrow(TypeError);
  await expect(settle(b.request(queryService, 1))).rejects.toBeInstanceOf(TypeError);
});

test('a query to a restarted node is answered by its new incarnation', async () => {
  a.queries.answer('slow', () => new Promise(() => undefined));
  const waiting = b.query('a', 'slow', null, { timeoutMs: 30_000 });
  waiting.catch(() => undefined);
  await world.run(100);
  mesh.crash(mesh.member('a') as never);
  a = mesh.start(mesh.member('a') as never).node;
  a.queries.answer('slow', () => 'from the new one');
  expect(await settle(waiting)).toBe('from the new one');
});

test('without a broker a query to the swarm ends with SKEIN_TIMEOUT, and with the next broker it is answered', async () => {
  mesh.crash(mesh.member('a') as never);
  await expect(settle(b.query(theSwarm, 'stats', null, { timeoutMs: 300 }))).rejects.toMatchObject({
    ...{ code: 'SKEIN_TIMEOUT', retryable: true },
  });
  a = mesh.start(mesh.member('a') as never).node;
  expect(await settle(b.query(theSwarm, 'stats'))).toMatchObject({ broker: 'a' });
});

test('a node is idle, busy while it has requests at work, and overloaded while some wait behind them, in its mood', async () => {
  const ends: (() => void)[] = [];
  const offered = b.respond('slow', () => new Promise<void>((resolve) => ends.push(resolve)), {
    concurrency: 2,
    queue: 5,
  });
  await settle(a.ready({ services: ['slow'] }));
  const moodAt = async (target: 'b' | typeof theSwarm) => settle(a.query(target, 'mood'));
  const idle = { mood: 'idle', running: 0, waiting: 0 };
  expect(await moodAt('b')).toEqual(idle);
  const asked = [a.request('slow', 1)];
  await world.run(100);
  expect(await moodAt('b')).toEqual({ mood: 'busy', running: 1, waiting: 0 });
  asked.push(a.request('slow', 2));
  await world.run(100);
  expect(await moodAt('b')).toEqual({ mood: 'busy', running: 2, waiting: 0 });
  asked.push(a.request('slow', 3));
  await world.run(100);
  expect(await moodAt('b')).toEqual({ mood: 'overloaded', running: 2, waiting: 1 });
  // That of the swarm is that of its broker.
  expect(await moodAt(theSwarm)).toEqual({ ...idle, broker: 'a' });
  ends.shift()?.();
  await world.run(100);
  expect(await moodAt('b')).toEqual({ mood: 'busy', running: 2, waiting: 0 });
  for (const end of ends) end();
  await settle(Promise.all(asked));
  expect(await moodAt('b')).toEqual(idle);
  await settle(offered.close());
});
