/**
 * What a `SkeinNode` does, call by call, wherever it is: the same tests for a node in this process, for one in another
 * process, and for one in the simulator. Every member of the interface is used; the last test looks.
 */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presence } from '../../examples/presence/feature.mjs';
import { service } from '../../src/features/calls/api/service.ts';
import { kind } from '../../src/features/messaging/api/kind.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { AnyFeature } from '../../src/kit/feature.ts';
import type { Message, SkeinNode } from '../../src/node/node.ts';
import { attached, local, simulated, type World } from './worlds.ts';

const Reading = kind('reading', v.object({ celsius: v.number() }));
const Double = service('double', { input: v.number(), output: v.number() });

/** All there are: the compiler sees to it that none is missing here. */
const members: Record<keyof SkeinNode, true> = {
  ...{ name: true, id: true, namespace: true, instance: true, events: true, ready: true, explain: true },
  ...{ status: true, set: true, close: true, use: true, [Symbol.asyncDispose]: true },
  ...{ topology: true, dot: true, nodes: true, route: true, announce: true, dial: true, hangup: true },
  ...{ send: true, broadcast: true, recipients: true, post: true, batch: true, drained: true },
  ...{ swarm: true, letters: true },
  ...{ handle: true, messages: true, snoop: true, request: true, respond: true, pair: true, pairs: true },
};

/** As a program without types passes it. */
const untyped = (value: unknown): never => value as never;

describe.each([
  ['in this process', local],
  ['in another process', attached],
  ['in the simulator', simulated],
])('a node %s', (_where, make) => {
  let world: World;
  let a: SkeinNode;
  let settle: World['settle'];
  const used = new Set<string | symbol>();

  beforeAll(async () => {
    world = await make([presence as AnyFeature]);
    settle = world.settle;
    a = new Proxy(world.a, {
      get(node, member) {
        used.add(member);
        const value: unknown = Reflect.get(node, member, node);
        return typeof value === 'function' ? value.bind(node) : value;
      },
    });
  });
  afterAll(() => world.end());

  /** The next items of a stream, which goes on. */
  async function taken<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
    const iterator = items[Symbol.asyncIterator]();
    const all: Item[] = [];
    while (all.length < count) {
      const next = await settle(iterator.next());
      if (next.done === true) break;
      all.push(next.value);
    }
    return all;
  }

  /** In every world. */
  const pass = (timeoutMs: number): Promise<void> =>
    settle(world.a.ready({ nodes: ['zz'], timeoutMs }).catch(() => undefined));

  test('says who it is', async () => {
    const status = await settle(a.status());
    expect(status).toMatchObject({
      ...{ name: 'a', id: a.id, namespace: a.namespace, instance: a.instance, nodeCount: 3 },
      settings: { degree: expect.any(Number), syncPeriodMs: 10_000, sendTimeoutMs: 10_000 },
    });
    expect([a.name, a.namespace]).toEqual(['a', world.b.namespace]);
    expect(a.instance).toMatch(/^[0-9a-f]{16}$/);
    expect(status.links.map(({ node }) => node).sort()).toEqual(['b', 'c']);
  });

  test('is ready when what is asked for is there, and says what is missing when it is not in time', async () => {
    await settle(a.ready());
    await settle(a.ready({ nodes: ['b', 'c'], count: 3, links: 2 }));
    await expect(settle(a.ready({ nodes: ['zz'], timeoutMs: 50 }))).rejects.toMatchObject({
      code: 'SKEIN_TIMEOUT',
      retryable: true,
      message: expect.stringContaining('missing node zz'),
    });
    await expect(settle(a.ready({ nodes: ['zz'], signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
    });
  });

  test('explains, lists, and knows the ways', async () => {
    expect((await settle(a.explain('zz'))).findings.length).toBeGreaterThan(0);
    expect((await settle(a.explain())).summary).toContain('a');
    expect((await settle(a.nodes())).map(({ name, self, hops }) => [name, self, hops])).toEqual([
      ['a', true, 0],
      ['b', false, 1],
      ['c', false, 1],
    ]);
    expect((await settle(a.nodes({ all: true }))).length).toBe(3);
    expect(await settle(a.topology())).toEqual({ a: ['b', 'c'], b: ['a'], c: ['a'] });
    expect(await settle(a.dot())).toMatch(/^graph/);
    expect(await settle(a.route('b'))).toEqual(['b']);
    await expect(settle(a.route('zz'))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await settle(a.announce());
  });

  test('changes settings while it runs, and refuses what does not fit', async () => {
    const before = (await settle(a.status())).settings;
    const changed = { degree: 0, syncPeriodMs: 5000, sendTimeoutMs: 3000 };
    expect(await settle(a.set(changed))).toEqual(changed);
    expect((await settle(a.status())).settings).toEqual(changed);
    for (const wrong of [{ degree: -1 }, { degree: 'x' }, { dergee: 1 }, { listen: ':0' }, 'x'])
      await expect(settle(a.set(untyped(wrong)))).rejects.toBeInstanceOf(TypeError);
    expect(await settle(a.set(before))).toEqual(before);
  });

  test('tells of links that go and come, also to whoever takes an EventTarget', async () => {
    const gone = once(a.events, 'link:down');
    const heard: string[] = [];
    const listener = { handleEvent: ({ detail }: CustomEvent<{ node: string }>) => heard.push(detail.node) };
    a.events.addEventListener('link:down', listener);
    await settle(a.hangup('b'));
    const [{ detail }] = (await settle(gone)) as [CustomEvent];
    expect(detail).toMatchObject({ node: 'b', reason: expect.any(String) });
    expect(heard).toEqual(['b']);
    a.events.removeEventListener('link:down', listener);
    const back = once(a.events, 'link:up');
    const { addresses } = await settle(world.b.status());
    // Its own dial may be quicker.
    await settle(a.dial(addresses[0] as string).catch(() => undefined));
    await settle(back);
    await expect(settle(a.dial(addresses[0] as string))).rejects.toMatchObject({
      code: 'SKEIN_ALREADY_CONNECTED',
    });
    await expect(settle(a.hangup('zz'))).rejects.toMatchObject({ code: 'SKEIN_NOT_LINKED' });
    await settle(a.ready({ links: 2, timeoutMs: 30_000 }));
  });

  test('sends to one, to some and to all, with receipts; a kind has its schema on both sides', async () => {
    const toB = world.b.messages({ kind: Reading });
    await settle(toB.opened);
    const toC = world.c.messages();
    await settle(toC.opened);
    expect(await settle(a.recipients())).toEqual(['b', 'c']);
    const sent = await settle(a.send('b', { celsius: 21 }, { kind: Reading }));
    expect(sent).toMatchObject({ delivered: ['b'], missing: [], deliveredCount: 1, missingCount: 0 });
    await expect(
      settle(a.send('b', { celsius: 'warm' } as unknown as { celsius: number }, { kind: Reading })),
    ).rejects.toMatchObject({ code: 'SKEIN_INVALID' });
    const all = await settle(a.broadcast('to all', { require: 'any', receipt: 'count' }));
    expect(all).toMatchObject({ delivered: [], deliveredCount: 2, missingCount: 0 });
    const some = settle(a.send(['b', 'zz'], 1, { timeoutMs: 500 }));
    await expect(some).rejects.toMatchObject({
      code: 'SKEIN_UNDELIVERED',
      details: { missing: expect.arrayContaining([{ node: 'zz', reason: 'no-route' }]) },
    });
    await expect(settle(a.send('a', 1))).rejects.toMatchObject({ code: 'SKEIN_SELF' });
    expect((await taken(toB, 1)).map(({ from, body }) => [from, body])).toEqual([['a', { celsius: 21 }]]);
    expect((await taken(toC, 1)).map(({ from, kind, body }) => [from, kind, body])).toEqual([
      ['a', 'message', 'to all'],
    ]);
    await settle(Promise.all([toB.close(), toC.close()]));
  });

  test('posts and counts', async () => {
    const got: unknown[] = [];
    const subscription = world.b.handle(({ body }) => void got.push(body), { kind: 'count' });
    await settle(subscription.opened);
    expect(a.post('b', 'posted', { kind: 'count' })).toBe(true);
    await settle(a.drained());
    const batch = a.batch('b', { kind: 'count' });
    for (let i = 0; i < 10; i++) expect(batch.add(i)).toBe(true);
    await settle(batch.room());
    expect(await settle(batch.done())).toMatchObject({ delivered: 10, missing: 0, underWay: 0 });
    expect(got).toEqual(['posted', ...Array.from({ length: 10 }, (_, i) => i)]);
    const large = new Uint8Array(300_000);
    for (const work of [() => a.post('b', large), () => batch.add(large)])
      expect(work).toThrow(expect.objectContaining({ code: 'SKEIN_TOO_LARGE' }));
    expect(await settle(batch.done())).toMatchObject({ delivered: 10, underWay: 0 });
    expect(() => a.post('a', 1)).toThrow(expect.objectContaining({ code: 'SKEIN_SELF' }));
    await settle(subscription.close());
  });

  test('takes messages by a handler and as a stream, bytes as bytes, and knows where each is from', async () => {
    const got: Message[] = [];
    const subscription = a.handle((message) => void got.push(message), { kind: 'handled' });
    const stream = a.messages<Uint8Array>({ kind: 'streamed' });
    await settle(Promise.all([subscription.opened, stream.opened]));
    await settle(world.b.send('a', { n: 1 }, { kind: 'handled' }));
    await settle(world.c.send('a', Uint8Array.of(1, 2), { kind: 'streamed', trace: true }));
    const [message] = await taken(stream, 1);
    expect(message).toMatchObject({
      ...{ from: 'c', fromId: world.c.id, instance: world.c.instance, command: 'message' },
      ...{ kind: 'streamed', recipients: ['a'], route: ['c', 'a'], body: Uint8Array.of(1, 2) },
    });
    expect(String(message)).toBe(`c#${message?.id} -> a [streamed] <2 bytes> by c, a`);
    await settle(a.status());
    expect(got.map(({ from, body }) => [from, body])).toEqual([['b', { n: 1 }]]);
    await settle(subscription.close());
  });

  test('sees what passes through', async () => {
    const passing = a.snoop();
    await settle(passing.opened);
    await settle(world.b.send('c', 'over there').catch(() => undefined));
    const [message] = await taken(passing, 1);
    expect(message).toMatchObject({ from: 'b', via: 'b', recipients: ['c'], body: 'over there' });
    expect(String(message)).toContain('b#');
  });

  test('asks and answers', async () => {
    const theirs = world.b.respond(Double, ({ input }) => input * 2);
    const ours = a.respond('who', ({ from, fromId, service: name }) => ({ from, fromId, name }));
    await settle(Promise.all([theirs.opened, ours.opened]));
    await settle(a.ready({ services: ['double'], timeoutMs: 30_000 }));
    await settle(world.c.ready({ services: ['who'], timeoutMs: 30_000 }));
    expect(await settle(a.request(Double, 21))).toBe(42);
    expect(await settle(world.c.request('who', null))).toEqual({
      from: 'c',
      fromId: world.c.id,
      name: 'who',
    });
    await expect(settle(a.request(Double, 'x' as unknown as number))).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
    });
    await expect(settle(a.request('nothing', 1))).rejects.toMatchObject({ code: 'SKEIN_NO_SERVICE' });
    expect(() => a.respond('who', () => 1)).not.toThrow(TypeError);
    await settle(Promise.all([theirs.close(), ours.close()]));
  });

  test('opens channels, and accepts and refuses them', async () => {
    const requests = world.b.pairs({ protocol: 'talk' });
    const opening = a.pair('b', { protocol: 'talk' });
    const [request] = await taken(requests, 1);
    expect(request).toMatchObject({ from: 'a', protocol: 'talk' });
    const theirs = request?.accept();
    const ours = await settle(opening);
    ours.end('hello');
    expect(await settle(text(theirs as NonNullable<typeof theirs>))).toBe('hello');
    theirs?.destroy();
    expect(ours).toMatchObject({ node: 'b', protocol: 'talk' });
    ours.on('error', () => undefined).destroy();

    const asked = a.pairs({ protocol: 'no' });
    await settle(asked.opened);
    const vain = world.b.pair('a', { protocol: 'no' });
    const refused = expect(settle(vain)).rejects.toMatchObject({
      code: 'SKEIN_REFUSED',
      message: expect.stringContaining('not today'),
    });
    const [toRefuse] = await taken(asked, 1);
    toRefuse?.refuse('not today');
    await refused;
    await expect(settle(a.pair('c'))).rejects.toMatchObject({ code: 'SKEIN_REFUSED' });
  });

  test('has the features of its program', async () => {
    await settle(world.b.use(presence).set('at lunch'));
    await settle(a.use(presence).set('here'));
    for (let tries = 0; tries < 100 && !('b' in (await settle(a.use(presence).all()))); tries++)
      await pass(20);
    expect(await settle(a.use(presence).all())).toEqual({ a: 'here', b: 'at lunch' });
  });

  test('takes what a program without types gets wrong for what it is', async () => {
    const wrong: (() => Promise<unknown>)[] = [
      () => a.ready(untyped({ node: 'b' })),
      () => a.ready(untyped({ nodes: 'b' })),
      () => a.send(untyped(5), 1),
      () => a.send('not a name', 1),
      () => a.send('b', 1, untyped({ recepit: 'all' })),
      () => a.send('b', 1, untyped({ require: 'some' })),
      () => a.route('not a name'),
      () => a.explain('not a name'),
      () => a.request('not a name', 1),
      () => a.request('double', 1, untyped({ timeout: 1 })),
      () => a.pair('not a name'),
      () => a.pair('b', untyped({ protcol: 'x' })),
      () => a.hangup('not a name'),
    ];
    const kinds = wrong.map((call) =>
      settle(
        call().then(
          () => 'accepted',
          (error: Error) => (error instanceof TypeError ? 'TypeError' : String(error)),
        ),
      ),
    );
    expect(await Promise.all(kinds)).toEqual(wrong.map(() => 'TypeError'));
    const thrown: (() => unknown)[] = [
      () => a.post('not a name', 1),
      () => a.batch('b', untyped({ inFlight: 'x' })),
      () => a.handle(untyped(5)),
      () => a.messages(untyped({ kind: 5 })),
      () => a.messages(untyped({ buffer: 5 })),
      () => a.respond('x', untyped(5)),
      () => a.respond('not a name', () => 1),
      () => a.pairs(untyped({ protocol: 5 })),
    ];
    for (const call of thrown) expect(call).toThrow(TypeError);
  });

  test('sends letters, alone and together, and knows what became of them', async () => {
    const got: [unknown, string][] = [];
    const subscription = world.b.letters.handle(({ body, from }) => void got.push([body, from]));
    const sent = await settle(a.letters.send('b', { n: 1 }, { type: 'note', idempotencyKey: 'one' }));
    expect(await settle(a.letters.send('b', { n: 1 }, { type: 'note', idempotencyKey: 'one' }))).toEqual({
      ...sent,
      isRepeat: true,
    });
    expect(await settle(a.letters.sendMany([{ to: ['b'], body: Uint8Array.of(1) }]))).toMatchObject([
      { ok: true, isRepeat: false },
    ]);
    expect(await settle(a.letters.broadcast('all'))).toMatchObject({ isRepeat: false });
    await expect(settle(a.letters.send('zz', 1))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    while (got.length < 3) await pass(20);
    expect(got).toEqual([
      [{ n: 1 }, 'a'],
      [Uint8Array.of(1), 'a'],
      ['all', 'a'],
    ]);
    await pass(200);
    expect(await settle(a.letters.status(sent.id))).toMatchObject({
      ...{ id: sent.id, from: 'a', type: 'note' },
      recipients: [{ name: 'b', state: 'delivered', attempts: 1 }],
    });
    expect(await settle(a.letters.status('0'.repeat(32)))).toBe(undefined);
    await subscription.close();
  });

  test('handles letters: what it throws brings them back, what it refuses does not', async () => {
    const got: [unknown, number][] = [];
    const reported = once(world.b.events, 'letter:undelivered');
    const subscription = a.letters.handle(
      (letter) => {
        got.push([letter.body, letter.attempt]);
        if (letter.body === 'again' && letter.attempt === 1) throw new Error('not yet');
        if (letter.body === 'no') throw new SkeinError('SKEIN_REFUSED', 'never');
      },
      { dedup: true },
    );
    expect(() => world.b.letters.handle(untyped(5))).toThrow(TypeError);
    await settle(subscription.opened);
    await settle(world.b.letters.sendMany(['again', 'no'].map((body) => ({ to: 'a', body }))));
    while (got.length < 3) await pass(50);
    expect(got).toEqual([
      ['again', 1],
      ['no', 1],
      ['again', 2],
    ]);
    const [{ detail }] = (await settle(reported)) as [CustomEvent];
    expect(detail).toMatchObject({ recipient: 'a', state: 'refused', reason: 'never' });
    await subscription.close();
  });

  test('lists letters, shows and removes them, and sends again what has failed', async () => {
    const failing = world.b.letters.handle(
      () => {
        throw new Error('broken');
      },
      { attempts: 1 },
    );
    const reported = once(a.events, 'letter:undelivered');
    const { id, n } = await settle(a.letters.send('b', 'to fail'));
    const [{ detail }] = (await settle(reported)) as [CustomEvent];
    expect(detail).toEqual({ id, recipient: 'b', state: 'failed', reason: 'broken' });
    await failing.close();
    expect(await settle(a.letters.list({ state: 'failed', from: 'a', to: 'b', after: n - 1 }))).toMatchObject(
      [{ id, n, recipients: [{ state: 'failed', reason: 'broken' }] }],
    );
    expect(await settle(a.letters.body(id))).toEqual({ body: 'to fail' });
    expect(await settle(a.letters.retry(id))).toEqual(['b']);
    expect(await settle(a.letters.retry(id))).toEqual([]);
    const watched = a.letters.watch(id);
    expect(await settle(taken(watched, 1))).toMatchObject([{ id, recipients: [{ state: 'stored' }] }]);
    expect(await settle(a.letters.remove(id))).toEqual(['b']);
    expect(await settle(taken(watched, 1))).toMatchObject([{ id, recipients: [{ state: 'removed' }] }]);
    expect(await settle(watched[Symbol.asyncIterator]().next())).toEqual({ done: true, value: undefined });
    expect(() => a.letters.watch('x')).toThrow(TypeError);
    expect(await settle(a.letters.body(id))).toBe(undefined);
    await expect(settle(a.letters.status('x'))).rejects.toBeInstanceOf(TypeError);
  });

  test('begins conversations, speaks and is heard there, invites, watches and leaves', async () => {
    const got: unknown[] = [];
    const { letters } = world.b;
    const subscription = letters.handle(
      ({ body, from, conversation }) => void got.push([body, from, conversation]),
      {
        conversations: true,
      },
    );
    const talk = await settle(a.letters.converse('b'));
    const participants = talk.watch();
    await settle(talk.say({ hello: 1 }));
    await settle(talk.say(Uint8Array.of(1), { idempotencyKey: 'said' }));
    while (got.length < 2) await pass(20);
    expect(got).toEqual([
      [{ hello: 1 }, 'a', talk.id],
      [Uint8Array.of(1), 'a', talk.id],
    ]);
    const answers: unknown[] = [];
    const answering = a.letters.conversation(talk.id).handle(({ body }) => void answers.push(body));
    await settle(answering.opened);
    await settle(letters.conversation(talk.id).say('answer'));
    while (answers.length < 1) await pass(20);
    expect(answers).toEqual(['answer']);
    expect(await settle(talk.invite(['c']))).toEqual(['a', 'b', 'c']);
    expect(await settle(taken(participants, 2))).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
    expect(await settle(a.letters.conversations())).toEqual([
      { id: talk.id, startedBy: 'a', startedAt: expect.any(Number), participants: ['a', 'b', 'c'] },
    ]);
    await settle(talk.leave());
    expect(await settle(talk.participants())).toEqual(['b', 'c']);
    await participants.close();
    await Promise.all([subscription.close(), answering.close()]);
    await expect(settle(a.letters.converse('zz'))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await expect(settle(a.letters.converse([]))).rejects.toBeInstanceOf(TypeError);
    await expect(settle(talk.say(1, untyped({ type: 'x' })))).rejects.toBeInstanceOf(TypeError);
    expect(() => a.letters.conversation('x')).toThrow(TypeError);
    expect(() => a.letters.handle(() => 1, { types: [] })).toThrow(TypeError);
  });

  test('knows who was ever in the swarm', async () => {
    const nodes = await settle(a.swarm.nodes());
    expect(nodes.map(({ name, isReachable }) => [name, isReachable])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
  });

  test('is closed once: what waits ends, and every call says so', async () => {
    const [stream, told] = [a.messages({ kind: 'last' }), once(a.events, 'close')];
    await settle(stream.opened);
    const waiting = expect(settle(a.ready({ nodes: ['zz'], timeoutMs: 60_000 }))).rejects.toMatchObject({
      code: 'SKEIN_CLOSED',
    });
    const reading = taken(stream, 1);
    await settle(a.close({ drainMs: 100 }));
    await waiting;
    const [{ detail }] = (await settle(told)) as [CustomEvent];
    expect(detail).toEqual({ error: undefined });
    expect(await reading).toEqual([]);
    const calls: (() => Promise<unknown>)[] = [
      ...[() => a.ready(), () => a.explain(), () => a.status(), () => a.set({}), () => a.topology()],
      ...[
        () => a.dot(),
        () => a.nodes(),
        () => a.route('b'),
        () => a.announce(),
        () => a.dial('127.0.0.1:1'),
      ],
      ...[() => a.hangup('b'), () => a.send('b', 1), () => a.broadcast(1), () => a.recipients()],
      ...[() => a.request('double', 1), () => a.pair('b')],
      ...[() => a.swarm.nodes(), () => a.letters.send('b', 1), () => a.letters.list()],
      ...[() => a.letters.converse('b'), () => a.letters.conversations()],
    ];
    for (const call of calls)
      await expect(settle(call()), String(call)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
    const throwing: (() => unknown)[] = [
      ...[() => a.post('b', 1), () => a.batch('b'), () => a.handle(() => 1), () => a.messages()],
      ...[() => a.snoop(), () => a.respond('x', () => 1), () => a.pairs()],
    ];
    for (const call of throwing)
      expect(call, String(call)).toThrow(expect.objectContaining({ code: 'SKEIN_CLOSED' }));
    await settle(a.close());
    await settle(a[Symbol.asyncDispose]() as Promise<void>);
  });

  test('has no member that was not used here', () => {
    expect([...Reflect.ownKeys(members)].filter((member) => !used.has(member))).toEqual([]);
  });
});
