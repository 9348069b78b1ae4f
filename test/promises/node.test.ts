/** What a node promises of itself: broadcasts, dials, its name, and its end. */
import { afterEach, describe, expect, test } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import type { Behavior } from '../../src/kernel/contracts.ts';
import { limits } from '../../src/kernel/limits.ts';
import { readyTimeoutMs } from '../../src/kit/waiting.ts';
import { oneWay, pause } from '../../src/sim/index.ts';
import { closeMesh, type SmallMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const pair = { a: [], b: ['a'] };

test('a broadcast is for those who are reachable at the call: who joins later does not get it', async () => {
  const small = await smallMesh(pair);
  const stop = pause([small.member('b')]);
  stop.start(small.mesh);
  const sending = small.outcome(small.node('a').broadcast('hi'));
  const late = small.start({ name: 'late', seeds: ['a'] });
  const got: unknown[] = [];
  late.node.handle(({ body }) => void got.push(body));
  await small.run(1000);
  stop.end(small.mesh);
  await small.run(10_000);
  expect([sending.now, got]).toMatchObject([{ delivered: ['b'] }, []]);
});

test('a service that a behavior offers is seen by all, until it is withdrawn or its node is gone', async () => {
  const small = await smallMesh({ a: [], b: ['a'] });
  const worker: Behavior = {
    name: 'worker',
    lifecycle: { started: (agent) => agent.offerService('render') },
    commands: {
      change(agent, _input, reply) {
        agent.withdrawService('render');
        agent.offerService('paint');
        reply.answer(undefined);
      },
    },
  };
  const offered = async () =>
    (await small.world.resolve(small.node('a').nodes())).flatMap(({ name, services }) =>
      services.map((service) => `${name} ${service}`),
    );
  small.start({ name: 'c', seeds: ['b'], behaviors: () => [worker] });
  await small.world.resolve(small.node('a').ready({ services: ['render'] }));
  expect(await offered()).toEqual(['c render']);
  await small.world.resolve(small.node('c').command('worker', 'change'));
  await small.run(500);
  expect(await offered()).toEqual(['c paint']);
  small.crash('c');
  await small.run(1000);
  expect(await offered()).toEqual([]);
});

test('who is told no timeout waits 30 s to be ready and 15 s for a link, not for ever', async () => {
  const small = await smallMesh({ a: [], b: [] }, { settle: false });
  const [start, ready] = [small.world.now, small.node('a').ready({ nodes: ['zz'] })];
  await expect(small.world.resolve(ready)).rejects.toMatchObject({
    code: 'SKEIN_TIMEOUT',
    message: expect.stringContaining('missing node zz'),
  });
  expect(small.world.now - start).toBeCloseTo(readyTimeoutMs, -2);
  const dialing = small.node('a').dial('10.9.9.9:1');
  await expect(small.world.resolve(dialing)).rejects.toMatchObject({ retryable: true });
  expect(small.world.now - start).toBeLessThanOrEqual(readyTimeoutMs + discoveryLimits.dialWaitMs + 100);
});

test('a dial that its caller gave up goes on: the link may open all the same', async () => {
  const small = await smallMesh({ a: [], b: [] }, { settle: false });
  const { address } = small.member('b').host;
  const dialing = small.node('a').dial(address, { timeoutMs: 1 });
  await expect(small.world.resolve(dialing)).rejects.toMatchObject({
    code: 'SKEIN_TIMEOUT',
    retryable: true,
  });
  await small.world.resolve(small.node('a').ready({ nodes: ['b'] }));
});

test('an event comes once for each change, and what it tells is true when asked in the listener', async () => {
  const small = await smallMesh({ a: [], b: ['a'] });
  const reachable: Promise<string[]>[] = [];
  small.node('a').events.addEventListener('node:down', () => reachable.push(small.node('a').recipients()));
  small.crash('b');
  await small.run(5000);
  expect(await Promise.all(reachable)).toEqual([[]]);
});

describe('close', () => {
  test('sends what is queued, then ends; whoever calls it again waits for the same end', async () => {
    const small = await smallMesh(pair, { network: { bytesPerSecond: 1_000_000 } });
    const got = small.collect('b');
    const a = small.node('a');
    for (let i = 0; i < 4; i++) a.post('b', new Uint8Array(messagingLimits.partBytes));
    await small.world.resolve(Promise.all([a.close(), a.close()]));
    await small.run(2000);
    expect(got).toHaveLength(4);
  });

  test('takes 1.5 s at most unless said otherwise: what has not left by then is lost', async () => {
    const small = await smallMesh(pair);
    const down = small.told('b', 'node:down');
    oneWay([small.member('b')], 'in').start(small.mesh);
    const a = small.node('a');
    for (let i = 0; i < 40; i++) a.post('b', new Uint8Array(messagingLimits.partBytes));
    const before = small.world.now;
    await small.world.resolve(a.close());
    expect(small.world.now - before).toBeLessThan(limits.drainTimeoutMs + 100);
    await small.run(10_000);
    expect(down).toMatchObject([{ name: 'a', reason: 'lost' }]);
  });

  test('tells its program of nobody that was lost: who closes goes out of reach itself', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'] });
    const down = small.told('b', 'node:down');
    const left = small.told('a', 'node:down');
    await small.world.resolve(small.node('b').close());
    await small.run(1000);
    expect(down).toEqual([]);
    expect(left).toMatchObject([
      { name: 'b', reason: 'left' },
      { name: 'c', reason: 'lost' },
    ]);
  });

  test('is told by an event; every call after it is SKEIN_CLOSED, but close', async () => {
    const small = await smallMesh(pair);
    const closed = small.told('a', 'close');
    const a = small.node('a');
    await small.mesh.leave(small.member('a'));
    expect(closed).toEqual([{ error: undefined }]);
    const closedCode = { code: 'SKEIN_CLOSED', retryable: false };
    for (const call of [a.send('b', 1), a.broadcast(1), a.ready(), a.nodes(), a.topology(), a.dial('x:1')]) {
      await expect(call).rejects.toMatchObject(closedCode);
    }
    expect(() => a.messages()).toThrow(expect.objectContaining(closedCode));
    await a.close();
  });
});

test('a node that has to end, its name being taken, tells its program by the close event and by its loops', async () => {
  const small = await smallMesh({ a: [], b: ['a'] });
  await small.run(10_000);
  small.mayEnd.add('late');
  const { node } = small.start({ name: 'late', nodeName: 'b', seeds: ['a'] });
  const ended: unknown[] = [];
  node.events.addEventListener('close', ({ detail }) => ended.push(detail.error?.code));
  const looping = node.messages()[Symbol.asyncIterator]().next();
  await expect(small.world.resolve(looping)).rejects.toMatchObject({ code: 'SKEIN_NAME_TAKEN' });
  await small.run(1000);
  expect(ended).toEqual(['SKEIN_NAME_TAKEN']);
  await expect(node.ready()).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
});

test('kill ends at once: others are told lost, not left', async () => {
  const small = await smallMesh(pair);
  const down = small.told('a', 'node:down');
  small.crash('b');
  await small.run(1000);
  expect(down).toMatchObject([{ name: 'b', reason: 'lost' }]);
});

test('a link hung up is not dialed again for 30 s; what went by it goes another way', async () => {
  const small = await smallMesh({ a: [], b: ['a'], c: ['a', 'b'] });
  await small.world.resolve(small.node('a').hangup('b'));
  await small.run(1000);
  expect(await small.world.resolve(small.node('a').route('b'))).toEqual(['c', 'b']);
  await small.run(discoveryLimits.hangupQuietMs - 2000);
  const { links } = await small.world.resolve(small.node('a').status());
  expect(links.map(({ node }) => node)).toEqual(['c']);
});

test('a seed that was hung up is left alone for those 30 s too, by either side, and dialed again after them', async () => {
  for (const by of ['a', 'b']) {
    const small = await smallMesh(pair);
    const up = small.told('b', 'node:up');
    await small.world.resolve(small.node(by).hangup(by === 'a' ? 'b' : 'a'));
    await small.run(discoveryLimits.hangupQuietMs - 1000);
    expect([by, up]).toEqual([by, []]);
    await small.run(5000);
    expect([by, up]).toMatchObject([by, [{ name: 'a' }]]);
    closeMesh();
  }
});

test('a seed whose address leads to a node that was hung up is not linked within those 30 s', async () => {
  const small = await smallMesh({ a: [], b: [] }, { settle: false });
  const stop = oneWay([small.member('a')], 'in');
  stop.start(small.mesh);
  const { node } = small.start({ name: 'c', seeds: ['a'] });
  await small.run(100);
  stop.end(small.mesh);
  await small.world.resolve(small.node('a').dial(small.member('c').host.address));
  await small.world.resolve(node.hangup('a'));
  const up: unknown[] = [];
  node.events.addEventListener('node:up', ({ detail }) => up.push(detail.name));
  await small.run(discoveryLimits.hangupQuietMs - 1000);
  expect(up).toEqual([]);
  await small.run(20_000);
  expect(up).toEqual(['a']);
});

describe('why', () => {
  const codes = (small: SmallMesh, of: string) =>
    small.world.resolve(small.node('a').explain(of)).then(({ findings }) => findings.map(({ code }) => code));

  test('tells of a hangup, not of a dial that failed before or because a link was open', async () => {
    const small = await smallMesh(pair);
    const again = small.node('a').dial(small.member('b').host.address);
    await expect(small.world.resolve(again)).rejects.toMatchObject({ code: 'SKEIN_ALREADY_CONNECTED' });
    expect(await codes(small, 'b')).toEqual(['reachable']);
    await small.world.resolve(small.node('a').hangup('b'));
    await small.run(1000);
    expect(await codes(small, 'b')).toEqual(['lost', 'hung-up']);
  });

  test('tells by which way a node is reachable', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'] });
    const textOf = async (of: string) => (await small.world.resolve(small.node('a').explain(of))).summary;
    expect(await textOf('b')).toMatch(/b is reachable by a direct link, for \d\.\d s now$/);
    expect(await textOf('c')).toMatch(/c is reachable through b, for \d\.\d s now$/);
  });
});

test('what a program without types gets wrong is a TypeError that says what is accepted, not taken silently', async () => {
  const small = await smallMesh(pair);
  const a = small.node('a');
  const untyped = (value: unknown): never => value as never;
  const calls: [Promise<unknown>, string][] = [
    [a.set(untyped({ foo: 1 })), 'set: unknown setting "foo"'],
    [a.ready(untyped({ node: 'q' })), 'ready: unknown option "node"'],
    [a.send(untyped(undefined), 'x'), 'send: give a name or a list of names, got undefined'],
    [a.send('b', 'x', untyped({ kind: 5 })), 'kind is text, or made with kind(), got 5'],
    [a.send('b', 'x', untyped({ timeout: 5 })), 'send: unknown option "timeout"'],
  ];
  for (const [call, text] of calls) {
    await expect(call).rejects.toThrow(TypeError);
    await expect(call).rejects.toThrow(text);
  }
  expect(() => a.handle(untyped(3))).toThrow(new TypeError('handle: a handler is a function, got 3'));
  expect(() => a.messages(untyped({ kinds: 'x' }))).toThrow('messages: unknown option "kinds"');
});

test("a standstill of one's own is not taken for the links' round trip, by neither end", async () => {
  const small = await smallMesh(pair);
  await small.run(10_000);
  const stop = pause([small.member('b')]);
  stop.start(small.mesh);
  await small.run(2500);
  stop.end(small.mesh);
  for (let second = 0; second < 5; second++) {
    await small.run(1000);
    for (const name of ['a', 'b']) {
      const { links } = await small.world.resolve(small.node(name).status());
      expect(links[0]?.roundTripMs).toBeLessThan(30);
    }
  }
});
