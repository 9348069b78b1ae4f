/**
 * Strangers on the ports and wires of real nodes that have a key: reflection, the man in the middle, downgrade
 * and replay. Each must end without a link, be told for what it is, and leave both ends as they were.
 */
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { failure } from '../../src/kernel/errors.ts';
import { ControlType, controlFrame } from '../../src/kernel/link/control.ts';
import { encodeRefusal } from '../../src/kernel/link/refusal.ts';
import { preface } from '../../src/kernel/wire/frame.ts';
import type { NodeOptions, SkeinNode } from '../../src/node/node.ts';
import { Conversation, framesIn, openingWith, Strangers } from './strangers.ts';

const key = MeshKey.make();
const running: SkeinNode[] = [];
const otherKey = {
  code: 'SKEIN_KEY',
  message: expect.stringMatching(
    /^127\.0\.0\.1:\d+ has another mesh key; compare both with: skein key show$/,
  ),
};
let strangers: Strangers;
let a: SkeinNode;
let at: string;

beforeEach(async () => {
  strangers = new Strangers();
  a = await start('a');
  at = await addressOf(a);
});
afterEach(async () => {
  strangers.close();
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 0 })));
});

async function start(name: string, options: NodeOptions = {}): Promise<SkeinNode> {
  const node = await createNode({
    ...{ name, listen: '127.0.0.1:0', discovery: false, key: key.text },
    ...options,
  });
  running.push(node);
  return node;
}

const addressOf = async (node: SkeinNode) => (await node.status()).addresses[0] as string;
const namesAt = async (node: SkeinNode) => (await node.nodes()).map(({ name }) => name).sort();
const counter = async (node: SkeinNode, name: string) => (await node.status()).counters[name] ?? 0;
const typesOf = (bytes: Uint8Array) => framesIn(bytes).map(({ type }) => type);

/** Whatever was tried, an honest member still gets in and a message through. */
async function expectUnharmed(node: SkeinNode = a): Promise<void> {
  const { name } = node;
  const honest = await start('honest');
  await honest.dial(await addressOf(node));
  expect(await honest.send(name, 'hello')).toMatchObject({ delivered: [name] });
}

test('a TLS session is never taken up again, whoever knows what was agreed on in it', async () => {
  const first = await strangers.dialTls(at);
  // What a server gives for the next time comes behind its handshake, ahead of all that it says.
  first.socket.write(openingWith(new Uint8Array(8)));
  await first.frame(ControlType.hello);
  const session = (first.socket as TLSSocket).getSession();
  const second = await strangers.dialTls(at, { session });
  expect(second.protocol).toBe('TLSv1.3');
  expect((second.socket as TLSSocket).isSessionReused()).toBe(false);
});

describe('reflection', () => {
  test('a dialer is not convinced by its own hello and proof sent back', async () => {
    const mirrors: Conversation[] = [];
    const mirror = await strangers.listenTls((socket) => {
      mirrors.push(new Conversation(socket));
      socket.pipe(socket);
    });
    await expect(a.dial(mirror)).rejects.toMatchObject(otherKey);
    const said = typesOf((mirrors[0] as Conversation).heard);
    expect(said.slice(0, 2)).toEqual([ControlType.hello, ControlType.proof]);
    expect(await namesAt(a)).toEqual(['a']);
    await expectUnharmed();
  });

  test('a listener is not convinced by its own hello sent back, and proves nothing to whoever has not', async () => {
    const first = await strangers.dialTls(at);
    first.socket.write(openingWith(Uint8Array.of(1)));
    const hello = await first.frame(ControlType.hello);
    for (const proof of [new Uint8Array(0), new Uint8Array(32), hello]) {
      const second = await strangers.dialTls(at);
      second.socket.write(openingWith(hello));
      await second.frame(ControlType.hello);
      second.socket.write(controlFrame(ControlType.proof, proof));
      await second.closed();
      expect(typesOf(second.heard)).toEqual([ControlType.hello, ControlType.refuse]);
    }
    expect(await counter(a, 'link.violations')).toBe(3);
    await expectUnharmed();
  });

  test('a proof that a node made as a dialer is worth nothing at its own port', async () => {
    await expect(a.dial(at)).rejects.toMatchObject({ code: 'SKEIN_SELF' });
    const { address, sessions } = await strangers.intercept(at);
    await expect(a.dial(address)).rejects.toMatchObject(otherKey);
    expect(typesOf((sessions[0] as (typeof sessions)[0]).dialer.heard)).toContain(ControlType.proof);
    expect(await namesAt(a)).toEqual(['a']);
    await expectUnharmed();
  });
});

describe('a man in the middle', () => {
  test('with two TLS sessions gets no link, both ends live on and say why', async () => {
    const { address, sessions } = await strangers.intercept(at);
    const b = await start('b', { connect: [address] });
    await vi.waitFor(async () => expect((await b.explain()).summary).toContain('has another mesh key'));
    const { dialer, listener } = sessions[0] as (typeof sessions)[0];
    expect([dialer.protocol, listener.protocol]).toEqual(['TLSv1.3', 'TLSv1.3']);
    // It was in the middle indeed: all that was said passed through it, up to the refusal.
    const { hello, proof, refuse } = ControlType;
    expect([typesOf(dialer.heard), typesOf(listener.heard)]).toEqual([
      [hello, proof],
      [hello, refuse],
    ]);
    expect([await namesAt(a), await namesAt(b)]).toEqual([['a'], ['b']]);
    expect(await counter(a, 'link.violations')).toBeGreaterThan(0);
    await expect(b.dial(address)).rejects.toMatchObject(otherKey);
    await b.dial(at);
    expect(await b.send('a', 'without you')).toMatchObject({ delivered: ['a'] });
  });

  test('who only passes on what comes is a cable: the link comes up, and nothing can be read on it', async () => {
    const { address, fromDialer, fromListener } = await strangers.tap(at);
    const b = await start('b-who-is-here');
    await b.dial(address);
    await b.send('a', 'a-secret-of-b');
    const all = Buffer.concat([...fromDialer, ...fromListener]);
    expect(all.length).toBeGreaterThan(2000);
    for (const secret of ['a-secret-of-b', 'b-who-is-here', 'default', at])
      expect(all.includes(secret)).toBe(false);
  });
});

describe('a downgrade', () => {
  test('to TLS 1.2 is refused by a listener', async () => {
    const old = await strangers.dialTls(at, { maxVersion: 'TLSv1.2' });
    await old.closed();
    expect(old.heard).toHaveLength(0);
    expect(await counter(a, 'tls.failed')).toBe(1);
    expect((await strangers.dialTls(at)).protocol).toBe('TLSv1.3');
    await expectUnharmed();
  });

  test('to TLS 1.2 is refused by a dialer', async () => {
    let agreed = 0;
    const old = await strangers.listenTls(() => agreed++, { maxVersion: 'TLSv1.2' });
    await expect(a.dial(old)).rejects.toMatchObject({
      code: 'SKEIN_KEY',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ did not agree on TLS/),
    });
    expect(agreed).toBe(0);
    await expectUnharmed();
  });

  test('to plain skein: a listener says that it has a key, and nothing of itself', async () => {
    const plain = strangers.dialPlain(at, openingWith(Uint8Array.of(1)));
    await plain.closed();
    const [refusal, ...others] = framesIn(plain.heard);
    expect([refusal?.type, others]).toEqual([ControlType.refuse, []]);
    expect(Buffer.from(refusal?.payload ?? []).toString()).toMatch(/SKEIN_KEY.this mesh has a key/s);
    expect(await counter(a, 'tcp.turnedAway.skein')).toBe(1);
    await expectUnharmed();
  });

  test('to plain skein: a dialer begins with TLS however often it is turned away, and takes no plain answer', async () => {
    const openings: Buffer[] = [];
    const seed = await strangers.listen((socket) =>
      socket.once('data', (chunk: Buffer) => {
        openings.push(Buffer.from(chunk));
        socket.end(openings.length === 1 ? openingWith(Uint8Array.of(1)) : new Uint8Array(0));
      }),
    );
    const b = await start('b', { connect: [seed] });
    await vi.waitFor(() => expect(openings.length).toBeGreaterThan(2), 20_000);
    for (const opening of openings) {
      expect(opening[0]).toBe(0x16);
      expect(opening.includes(Buffer.from(preface))).toBe(false);
    }
    expect((await b.explain()).summary).toContain('did not agree on TLS');
    expect(await namesAt(b)).toEqual(['b']);
  });

  test('a node with a key and one without do not meet, whoever dials', async () => {
    const open = await start('open', { key: false });
    await expect(open.dial(at)).rejects.toMatchObject({
      code: 'SKEIN_KEY',
      message: expect.stringContaining('belongs to a mesh with a key, and this node has none'),
    });
    await expect(a.dial(await addressOf(open))).rejects.toMatchObject({
      code: 'SKEIN_KEY',
      message: expect.stringContaining('a node without a key listens there'),
    });
    expect([await namesAt(a), await namesAt(open)]).toEqual([['a'], ['open']]);
    expect(await counter(open, 'tcp.turnedAway.tls')).toBe(1);
  });
});

describe('a replay', () => {
  async function recordedSession() {
    const tap = await strangers.tap(at);
    const b = await start('b');
    await b.dial(tap.address);
    const messages = a.messages();
    await messages.opened;
    await b.send('a', 'once');
    const [first] = [await messages[Symbol.asyncIterator]().next()];
    expect(first.value).toMatchObject({ from: 'b', body: 'once' });
    await b.close();
    await vi.waitFor(async () => expect((await a.status()).links).toHaveLength(0));
    return { ...tap, messages };
  }

  test('of all that a member once said makes no link and no message', async () => {
    const { fromDialer, messages } = await recordedSession();
    const before = (await a.status()).counters;
    const again = strangers.dialPlain(at, Buffer.concat(fromDialer));
    await again.closed();
    await vi.waitFor(async () =>
      expect(await counter(a, 'tls.failed')).toBe((before['tls.failed'] ?? 0) + 1),
    );
    expect(await namesAt(a)).toEqual(['a']);
    const next = messages[Symbol.asyncIterator]().next();
    await expectUnharmed();
    expect((await next).value).toMatchObject({ from: 'honest', body: 'hello' });
  });

  test('of all that a member once answered convinces no dialer', async () => {
    const { fromListener } = await recordedSession();
    const player = await strangers.listen(
      (socket) => void once(socket, 'data').then(() => socket.write(Buffer.concat(fromListener))),
    );
    await expect(a.dial(player)).rejects.toMatchObject({ code: 'SKEIN_KEY' });
    expect(await namesAt(a)).toEqual(['a']);
    await expectUnharmed();
  });
});

describe('somebody who has proven nothing', () => {
  test('who has proven nothing can only say no: the node neither ends nor repeats its words', async () => {
    const refusal = encodeRefusal(failure('SKEIN_NAME_TAKEN', 'leave, there is another'));
    const seed = await strangers.listenTls((socket) => {
      socket.on('data', () => undefined);
      socket.write(Uint8Array.of(...preface, ...controlFrame(ControlType.refuse, refusal)));
    });
    const b = await start('b', { connect: [seed] });
    const ended = vi.fn();
    b.events.addEventListener('close', ended);
    await expect(b.dial(seed)).rejects.toMatchObject({
      message: expect.not.stringContaining('leave, there is another'),
    });
    expect((await b.explain()).summary).not.toContain('leave, there is another');
    await b.dial(at);
    expect(await b.send('a', 'still here')).toMatchObject({ delivered: ['a'] });
    expect(ended).not.toHaveBeenCalled();
  });
});
