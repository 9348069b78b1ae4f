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
import type { TaskEnded } from '../../src/features/tasks/api.ts';
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
  ...{ swarm: true, letters: true, tasks: true, availability: true, query: true, queries: true, log: true },
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
      settings: {
        ...{ degree: expect.any(Number), syncPeriodMs: 10_000, sendTimeoutMs: 10_000 },
        letterBytes: 1024 ** 2,
      },
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
    const changed = { degree: 0, syncPeriodMs: 5000, sendTimeoutMs: 3000, letterBytes: 5000 };
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

  test('knows who takes work, and asks one that takes none by its name only', async () => {
    const theirs = world.b.respond(Double, ({ input }) => input * 2);
    await settle(theirs.opened);
    await settle(a.ready({ services: ['double'], timeoutMs: 30_000 }));
    const heard: unknown[] = [];
    a.events.addEventListener('node:changed', ({ detail }) => heard.push(detail));
    const unavailable = { available: false, active: true };
    const changed = once(a.events, 'node:changed');
    expect(await settle(world.b.availability.set({ available: false }))).toEqual(unavailable);
    await settle(changed);
    expect(heard).toEqual([{ name: 'b', id: world.b.id, ...unavailable }]);
    expect(await settle(a.availability.list())).toEqual([
      { name: 'a', available: true, active: true },
      { name: 'b', ...unavailable },
      { name: 'c', available: true, active: true },
    ]);
    const refused = { code: 'SKEIN_NO_SERVICE', message: expect.stringContaining('not b') };
    await expect(settle(a.request(Double, 21))).rejects.toMatchObject(refused);
    expect(await settle(a.request(Double, 21, { to: 'b' }))).toBe(42);
    const changedBack = once(a.events, 'node:changed');
    await settle(world.b.availability.set({ available: true }));
    await settle(changedBack);
    expect(await settle(a.request(Double, 21))).toBe(42);
    expect(await settle(a.availability.set({ active: false }))).toEqual({ available: true, active: false });
    expect(await settle(a.availability.set({ active: true }))).toEqual({ available: true, active: true });
    await settle(theirs.close());
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
      () => a.availability.set(untyped({ available: 'no' })),
      () => a.availability.set(untyped({ avialable: false })),
      () => a.availability.set(untyped('no')),
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

  test('hears by letter how a task has ended', async () => {
    const work = world.b.tasks.work(Double, ({ input }) => 2 * input);
    await settle(work.opened);
    const ends: unknown[] = [];
    const mailbox = a.letters.handle(
      ({ from, id, body }) => {
        const { task, ...end } = body as TaskEnded;
        ends.push({ from, isOfTask: id === task, ...end });
      },
      { types: ['task.ended'] },
    );
    await settle(mailbox.opened);
    const options = { ifInfeasible: 'queue', reply: 'letter' } as const;
    await settle(a.tasks.order(Double, 21, options));
    while (ends.length < 1) await pass(20);
    const [failing, whole] = await settle(
      a.tasks.orderMany([
        { service: 'double', input: 'x', ...options },
        { service: 'double', input: 4, parts: [{}, { input: 5 }], ...options },
      ]),
    );
    while (ends.length < 3) await pass(20);
    expect([failing, whole].map((task) => task?.isRepeat)).toEqual([false, false]);
    const own = { from: 'a', isOfTask: true };
    expect(ends).toContainEqual({ ...own, service: 'double', state: 'done', result: 42 });
    expect(ends).toContainEqual({ ...own, service: 'double', state: 'failed', error: expect.any(String) });
    expect(ends).toContainEqual({ ...own, service: '', state: 'done', result: [8, 10] });
    await expect(settle(a.tasks.order(Double, 1, { reply: untyped('mail') }))).rejects.toThrow(TypeError);
    await mailbox.close();
    await settle(work.close());
  });

  test('orders tasks, works on them, and knows what became of them', async () => {
    const work = world.b.tasks.work(Double, async ({ input, signal, progress }) => {
      progress(0.5);
      if (input === 0)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return 2 * input;
    });
    await settle(work.opened);
    const task = await settle(a.tasks.order(Double, 21, { idempotencyKey: 'one' }));
    const events: string[] = [];
    for await (const { state } of iterated(task.events(), settle)) events.push(state);
    expect(events.at(-1)).toBe('done');
    expect(await settle(task.result())).toBe(42);
    const again = await settle(a.tasks.order(Double, 21, { idempotencyKey: 'one' }));
    expect([again.id, again.isRepeat]).toEqual([task.id, true]);
    const [stuck, waiting] = await settle(
      a.tasks.orderMany([
        { service: 'double', input: 0 },
        { service: 'double', input: 2 },
      ]),
    );
    while ((await settle(stuck?.status() ?? Promise.resolve(undefined)))?.state !== 'running') await pass(20);
    expect(await settle(a.tasks.list({ states: ['running', 'queued'] }))).toMatchObject({
      tasks: [
        { id: stuck?.id, worker: 'b' },
        { id: waiting?.id, from: 'a' },
      ],
      isMore: false,
    });
    expect(await settle(a.tasks.workers('double', { cores: 1 }))).toMatchObject([{ name: 'b', tasks: 1 }]);
    expect(await settle(a.tasks.services())).toMatchObject([{ service: 'double', depth: 1, workers: ['b'] }]);
    expect(await settle(waiting?.cancel() ?? Promise.reject())).toBe('never-started');
    expect(await settle(stuck?.cancel() ?? Promise.reject())).toBe('stopping');
    await expect(settle(a.tasks.task(stuck?.id ?? '').result())).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
    });
    const retried = await settle(a.tasks.retry(waiting?.id ?? ''));
    expect(await settle(a.tasks.task(retried).result())).toBe(4);
    expect(await settle(a.tasks.remove(retried))).toBe(true);
    expect(await settle(a.tasks.task(retried).status())).toBe(undefined);
    const parts = [{ input: 3 }, { service: Double, input: 4, cores: 1 }, {}];
    const whole = await settle(a.tasks.order(Double, 5, { parts, idempotencyKey: 'parts' }));
    expect(await settle(whole.result())).toEqual([6, 8, 10]);
    expect(await settle(whole.status())).toMatchObject({
      ...{ service: '', state: 'done', parent: '', after: [] },
      parts: parts.map(() => ({ service: 'double', state: 'done' })),
    });
    const [many] = await settle(a.tasks.orderMany([{ service: Double, input: 6, parts: [{}, {}] }]));
    expect(await settle(many?.result() ?? Promise.reject())).toEqual([12, 12]);
    await expect(settle(a.tasks.order(Double, 1, { parts: [] }))).rejects.toThrow(TypeError);
    await expect(
      settle(a.tasks.order(Double, 1, { parts: [{ input: untyped('x') }] })),
    ).rejects.toMatchObject({ code: 'SKEIN_INVALID' });
    await settle(a.tasks.drain('b'));
    await expect(settle(a.tasks.drain('zz'))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await expect(settle(a.tasks.order(Double, untyped('x')))).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
    });
    await expect(settle(a.tasks.order('double', 1, { cores: 0.5 }))).rejects.toThrow(TypeError);
    await expect(settle(a.tasks.order('none', 1))).rejects.toMatchObject({ code: 'SKEIN_INFEASIBLE' });
    await settle(work.close());
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

  test('keeps what was not delivered until somebody listens to that, whatever else is listened to', async () => {
    const handling = world.b.letters.handle(() => {
      throw new SkeinError('SKEIN_REFUSED', 'never');
    });
    const others: string[] = [];
    a.events.addEventListener('node:up', ({ type }) => others.push(type));
    const { id } = await settle(a.letters.send('b', 'to refuse'));
    const watching = a.letters.watch(id);
    await settle(
      (async () => {
        for await (const { recipients } of watching) if (recipients[0]?.state === 'refused') break;
      })(),
    );
    await settle(handling.close());
    const [{ detail }] = (await settle(once(a.events, 'letter:undelivered'))) as [CustomEvent];
    expect(detail).toEqual({ id, recipient: 'b', state: 'refused', reason: 'never' });
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

  test('forgets who was in the swarm only while it is away', async () => {
    const here = { code: 'SKEIN_REFUSED', message: 'b is here: stop it first' };
    await expect(settle(a.swarm.forget('b'))).rejects.toMatchObject(here);
    await expect(settle(a.swarm.forget('nobody'))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await expect(settle(a.swarm.forget('not a name'))).rejects.toBeInstanceOf(TypeError);
  });

  test('asks nodes what every node answers', async () => {
    const offered = world.b.respond('copy', ({ input }) => input, { concurrency: 3, queue: 2 });
    await settle(offered.opened);
    const services = await settle(a.query('b', 'services'));
    expect(services.services).toContain('copy');
    expect(services.queries).toEqual([
      'availability',
      'mood',
      'peers',
      'service',
      'services',
      'state',
      'stats',
    ]);
    expect(await settle(a.query('b', 'service', 'copy'))).toEqual({
      ...{ name: 'copy', isOffered: true, running: 0, waiting: 0, concurrency: 3, queue: 2 },
    });
    expect(await settle(a.query('b', 'service', 'nothing'))).toEqual({ name: 'nothing', isOffered: false });
    await settle(offered.close());
    expect(await settle(a.query('b', 'stats'))).toMatchObject({
      ...{ version: expect.any(String), uptimeMs: expect.any(Number), nodeCount: 3, linkCount: 1 },
    });
    expect(await settle(a.query('a', 'stats'))).toMatchObject({ nodeCount: 3, linkCount: 2 });
    expect(await settle(a.query('b', 'mood'))).toEqual({ mood: 'idle', running: 0, waiting: 0 });
    expect(await settle(a.query('b', 'peers'))).toEqual({
      peers: [
        { name: 'a', hops: 1 },
        { name: 'c', hops: 2 },
      ],
    });
    expect(await settle(a.query('b', 'peers', { after: 'a' }))).toEqual({ peers: [{ name: 'c', hops: 2 }] });
    const { id, n } = await settle(a.letters.send('b', 'for the state'));
    const { letters } = await settle(a.query('a', 'state', { after: n - 1 }));
    expect(letters).toMatchObject([
      {
        id,
        n,
        from: 'a',
        type: 'letter',
        bytes: 14,
        recipientCount: 1,
        recipients: [{ name: 'b', state: 'stored' }],
      },
    ]);
    expect(await settle(a.query('b', 'state', { after: n - 1 }))).toEqual({ letters: [] });
    await settle(a.letters.remove(id));
  });

  test('asks the swarm what every swarm answers', async () => {
    const theSwarm = { swarm: true } as const;
    const offered = [world.b, world.c].map((node) => node.respond('shared', () => 1));
    await settle(a.ready({ services: ['shared'] }));
    await settle(Promise.all(offered.map(({ opened }) => opened)));
    while ((await settle(a.query(theSwarm, 'service', 'shared'))).nodeCount < 2) await pass(20);
    expect(await settle(a.query(theSwarm, 'service', 'shared'))).toEqual({
      ...{ name: 'shared', nodes: ['b', 'c'], nodeCount: 2 },
    });
    expect((await settle(a.query(theSwarm, 'services'))).services).toContainEqual({
      name: 'shared',
      nodeCount: 2,
    });
    expect(await settle(a.query(theSwarm, 'services', { after: 'shared' }))).toMatchObject({ services: [] });
    for (const each of offered) await settle(each.close());
    expect(await settle(a.query(theSwarm, 'stats'))).toEqual({ broker: 'a', nodeCount: 3, seenCount: 3 });
    expect(await settle(world.b.query(theSwarm, 'mood'))).toEqual({
      ...{ mood: 'idle', running: 0, waiting: 0, broker: 'a' },
    });
    const { peers } = await settle(a.query(theSwarm, 'peers'));
    expect(peers.map(({ name, isReachable }) => [name, isReachable])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
    expect(peers[0]).toEqual({
      ...{ name: 'a', isReachable: true, firstSeen: expect.any(Number), lastSeen: expect.any(Number) },
    });
    const { id, n } = await settle(a.letters.send('b', 'for the state'));
    expect((await settle(world.c.query(theSwarm, 'state', { from: 'a', after: n - 1 }))).letters[0]?.id).toBe(
      id,
    );
    expect((await settle(a.query(theSwarm, 'state', 'c'))).letters).toEqual([]);
    await settle(a.letters.remove(id));
  });

  test('answers queries of its own to nodes and to the swarm, and what is unknown is answered as unknown', async () => {
    const theSwarm = { swarm: true } as const;
    const seen: unknown[] = [];
    const here = a.queries.answer<number>(
      'disk',
      ({ input, from, name, isToSwarm, timeoutMs, signal }) => {
        seen.push([name, from, isToSwarm, signal.aborted, timeoutMs > 0]);
        if (input < 0) throw Object.assign(new Error('less than nothing'), { code: 'E_SIGN' });
        return input === 0 ? Uint8Array.of(1, 2) : { twice: input * 2, at: new Date(input) };
      },
      { swarm: true },
    );
    const there = world.b.queries.answer('only-there', () => undefined);
    await settle(here.opened);
    expect(await settle(world.b.query('a', 'disk', 2))).toEqual({ twice: 4, at: new Date(2) });
    expect(await settle(world.b.query(theSwarm, 'disk', 3))).toEqual({ twice: 6, at: new Date(3) });
    expect(await settle(world.b.query(theSwarm, 'disk', 0))).toEqual(Uint8Array.of(1, 2));
    expect(seen).toEqual([
      ['disk', 'b', false, false, true],
      ['disk', 'b', true, false, true],
      ['disk', 'b', true, false, true],
    ]);
    expect(await settle(a.query('b', 'only-there'))).toBe(null);
    for (const target of ['a', theSwarm])
      await expect(settle(world.c.query(target, 'disk', -1))).rejects.toMatchObject({
        ...{ code: 'SKEIN_FAILED', retryable: false },
        details: { node: 'a', service: 'disk', code: 'E_SIGN', message: 'less than nothing' },
      });
    expect((await settle(world.b.query('a', 'services'))).queries).toContain('disk');
    const unknown = { code: 'SKEIN_UNKNOWN_QUERY', retryable: false };
    await expect(settle(a.query('b', 'disk'))).rejects.toMatchObject({
      ...unknown,
      message:
        'query disk at b: it is unknown: b answers availability, mood, only-there, peers, service, services, state, stats',
    });
    await expect(settle(a.query(theSwarm, 'only-there'))).rejects.toMatchObject(unknown);
    await settle(here.close());
    while (!(await settle(a.query('a', 'services'))).queries.every((name) => name !== 'disk')) await pass(20);
    await expect(settle(world.b.query('a', 'disk', 2))).rejects.toMatchObject(unknown);
    await settle(there.close());
  });

  test('refuses queries that cannot be asked or answered, each for its reason', async () => {
    const theSwarm = { swarm: true } as const;
    const code = (is: string) => ({ code: is });
    await expect(settle(a.query('zz', 'stats'))).rejects.toMatchObject(code('SKEIN_UNKNOWN_NODE'));
    await expect(settle(a.query('b', 'service', 5))).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
      message: 'query service at b: service: its input is the name of a service, got 5',
    });
    for (const [name, input] of [
      ['peers', { aftr: 'a' }],
      ['state', { after: -1 }],
      ['state', 7],
    ] as const)
      for (const target of ['b', theSwarm])
        await expect(settle(a.query<unknown>(target, name, input)), name).rejects.toMatchObject(
          code('SKEIN_INVALID'),
        );
    await expect(settle(a.query('b', 'disk', 'x'.repeat(32 * 1024)))).rejects.toMatchObject(
      code('SKEIN_TOO_LARGE'),
    );
    for (const wrong of [
      [untyped(7), 'stats'],
      [untyped({}), 'stats'],
      ['b', 'not a name'],
      ['b b', 'stats'],
    ] as const)
      await expect(settle(a.query<unknown>(wrong[0], wrong[1]))).rejects.toBeInstanceOf(TypeError);
    await expect(settle(a.query(theSwarm, 'stats', null, { timeoutMs: 10_001 }))).rejects.toBeInstanceOf(
      TypeError,
    );
    await expect(settle(a.query('b', 'stats', null, { signal: AbortSignal.abort() }))).rejects.toMatchObject(
      code('SKEIN_ABORTED'),
    );
    const never = world.a.queries.answer('never', () => new Promise(() => undefined), { swarm: true });
    await settle(never.opened);
    for (const target of ['a', theSwarm])
      await expect(settle(a.query(target, 'never', null, { timeoutMs: 50 }))).rejects.toMatchObject(
        code('SKEIN_TIMEOUT'),
      );
    await settle(never.close());
    const taken = a.queries.answer('taken', () => 1);
    await settle(taken.opened);
    for (const name of ['stats', 'taken'])
      await expect(settle(answered(name))).rejects.toMatchObject(code('SKEIN_INVALID'));
    expect(() => a.queries.answer('x', untyped('y'))).toThrow(TypeError);
    expect(() => a.queries.answer('x', () => 1, { concurrency: 0 })).toThrow(TypeError);
    await settle(taken.close());
  });

  /** A node of this process refuses an answer at once, one of another process when it hears of it. */
  async function answered(name: string): Promise<void> {
    await a.queries.answer(name, () => 1).opened;
  }

  test('lists what has happened, filtered, and follows what comes', async () => {
    const following = a.log.follow({ type: 'letter.stored', to: 'b' });
    await settle(following.opened);
    const { id } = await settle(a.letters.send('b', 'to be followed', { type: 'note' }));
    const [followed] = await taken(following, 1);
    expect(followed).toMatchObject({
      type: 'letter.stored',
      from: 'a',
      to: ['b'],
      subject: id,
      note: 'note',
    });
    await settle(following.close());
    const last = await settle(a.log.list({ type: 'letter', last: 1 }));
    expect(last.entries).toEqual([followed]);
    expect((await settle(a.log.list({ subject: id, since: new Date(0) }))).entries).toEqual([followed]);
    expect((await settle(a.log.list({ subject: id, until: new Date(0) }))).entries).toEqual([]);
    const page = await settle(a.log.list({ type: ['letter', 'node'], limit: 2 }));
    const next = await settle(a.log.list({ type: ['letter', 'node'], limit: 2, after: page.cursor }));
    expect([page.isMore, page.entries.length, next.entries.length]).toEqual([true, 2, 2]);
    expect(next.entries[0]?.n).toBeGreaterThan(page.entries[1]?.n ?? Number.POSITIVE_INFINITY);
    const other = { after: '0123456789ab.1' };
    await expect(settle(a.log.list(other))).rejects.toMatchObject({ code: 'SKEIN_INVALID' });
    await expect(taken(a.log.follow(other), 1)).rejects.toMatchObject({ code: 'SKEIN_INVALID' });
    const wrong: (() => unknown)[] = [
      () => a.log.follow({ after: 'x' }),
      () => a.log.follow({ type: [''] }),
      () => a.log.follow({ since: untyped(5) }),
      () => a.log.follow({ from: 'not a name' }),
      () => a.log.keep('not a name', () => 1),
      () => a.log.keep('x', untyped(1)),
    ];
    for (const call of wrong) expect(call, String(call)).toThrow(TypeError);
    for (const options of [{ last: 0 }, { last: 1, after: page.cursor }, { limit: 1e6 }, { lasst: 1 }])
      await expect(settle(a.log.list(untyped(options)))).rejects.toBeInstanceOf(TypeError);
  });

  test('keeps what has happened: what was handled is acknowledged, what was not comes again', async () => {
    const calls: number[][] = [];
    const keep = (fails: boolean) =>
      a.log.keep(
        'audit',
        (entries) => {
          calls.push(entries.map(({ n }) => n));
          if (fails && calls.length === 1) throw new Error('not yet');
        },
        { type: 'letter' },
      );
    const kept = keep(true);
    await settle(kept.opened);
    while (calls.length < 2) await pass(500);
    expect(calls[1]).toEqual(calls[0]);
    while ((await settle(a.log.readers())).length === 0) await pass(100);
    await settle(kept.close());
    const before = calls.flat().at(-1) as number;
    calls.length = 0;
    await settle(a.letters.send('b', 'while it was away'));
    const again = keep(false);
    while (calls.length < 1) await pass(100);
    expect(calls.flat().every((n) => n > before)).toBe(true);
    await settle(again.close());
    expect((await settle(a.log.readers())).map(({ name }) => name)).toEqual(['audit']);
    while (!(await settle(a.log.forget('audit')))) await pass(100);
    await expect(settle(a.log.forget('not a name'))).rejects.toBeInstanceOf(TypeError);
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
        () => a.availability.set({ active: false }),
        () => a.availability.list(),
        () => a.dial('127.0.0.1:1'),
      ],
      ...[() => a.hangup('b'), () => a.send('b', 1), () => a.broadcast(1), () => a.recipients()],
      ...[() => a.request('double', 1), () => a.pair('b')],
      () => a.swarm.forget('b'),
      ...[() => a.swarm.nodes(), () => a.letters.send('b', 1), () => a.letters.list()],
      ...[() => a.query('b', 'stats'), () => a.query({ swarm: true }, 'stats')],
      ...[() => a.log.list(), () => a.log.readers(), () => a.log.forget('x')],
      ...[() => a.letters.converse('b'), () => a.letters.conversations()],
    ];
    for (const call of calls)
      await expect(settle(call()), String(call)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
    const throwing: (() => unknown)[] = [
      ...[() => a.post('b', 1), () => a.batch('b'), () => a.handle(() => 1), () => a.messages()],
      ...[() => a.snoop(), () => a.respond('x', () => 1), () => a.pairs()],
      () => a.queries.answer('x', () => 1),
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

/** Items of a stream, where time passes as `settle` has it. */
async function* iterated<Item>(stream: AsyncIterable<Item>, settle: World['settle']): AsyncGenerator<Item> {
  const iterator = stream[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await settle(iterator.next());
    if (done === true) return;
    yield value;
  }
}
