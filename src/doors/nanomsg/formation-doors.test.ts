import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { formatAddress } from '../../host/addresses.ts';
import { noneCounted } from '../../host/transports/listener.ts';
import type { DoorEvent } from '../../kernel/contracts.ts';
import { preface } from '../../kernel/wire/frame.ts';
import { FormationDoors } from './formation-doors.ts';
import { SpProtocol, spGreeting, spMessage } from './sp-stream.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

class Doors {
  readonly events: DoorEvent[] = [];
  readonly nodes: Socket[] = [];
  readonly held: boolean[] = [];
  readonly counters = noneCounted();
  readonly doors: FormationDoors;

  constructor(isOpenToAll = false, loopbackOnly = false) {
    this.doors = new FormationDoors({
      report: (event) => this.events.push(event),
      accept: (socket) => this.nodes.push(socket),
      speaks: 'skein',
      counters: this.counters,
      holds: (isHolding) => this.held.push(isHolding),
      isForNanomsg: true,
      isOpenToAll,
      loopbackOnly,
    });
    cleanups.push(() => this.doors.close());
    cleanups.push(() => {
      for (const socket of this.nodes) socket.destroy();
    });
  }

  async until<Type extends DoorEvent['type']>(type: Type, count = 1): Promise<DoorEvent> {
    await vi.waitFor(() => expect(this.events.filter((event) => event.type === type)).toHaveLength(count));
    return this.events.filter((event) => event.type === type).at(-1) as DoorEvent;
  }
}

async function freeAddress(host = '127.0.0.1'): Promise<string> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return formatAddress(host, port);
}

function dial(address: string): Socket {
  const at = address.lastIndexOf(':');
  const socket = connect(Number(address.slice(at + 1)), address.slice(0, at));
  socket.on('error', () => undefined);
  cleanups.push(() => socket.destroy());
  return socket;
}

const text = (value: string) => new TextEncoder().encode(value);

/** A nanomsg program that connects, and says this. */
function program(address: string, says = ''): Socket {
  const socket = dial(address);
  socket.write(spGreeting(SpProtocol.bus));
  if (says !== '') socket.write(spMessage(text(says), 'tcp'));
  return socket;
}

describe('an address', () => {
  test('is bound once; the next is told that it is taken, and may have it when it is let go', async () => {
    const address = await freeAddress();
    const [one, two] = [new Doors(), new Doors()];
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    two.doors.act({ type: 'bind', address });
    expect(await two.until('unbound')).toMatchObject({ address, reason: 'taken' });
    one.doors.act({ type: 'release', address });
    await vi.waitFor(async () => {
      two.doors.act({ type: 'bind', address });
      await new Promise((resolve) => setImmediate(resolve));
      expect(two.events.some(({ type }) => type === 'bound')).toBe(true);
    });
  });

  test('of another machine is told as such', async () => {
    const { doors, until } = named();
    doors.act({ type: 'bind', address: '192.0.2.1:7015' });
    expect(await until('unbound')).toMatchObject({ reason: 'elsewhere' });
  });

  test('by a name is bound where the name leads, in protected mode on loopback alone', async () => {
    const port = (await freeAddress()).split(':').at(-1);
    const one = new Doors(false, true);
    one.doors.act({ type: 'bind', address: `localhost:${port}` });
    await one.until('bound');
    one.doors.act({ type: 'bind', address: `192.0.2.1:${port}` });
    const reasons = () => one.events.flatMap((event) => (event.type === 'unbound' ? [event] : []));
    await vi.waitFor(() => expect(reasons().length).toBeGreaterThan(0));
    const elsewhere = reasons().find(({ address }) => address.startsWith('192'));
    expect(elsewhere).toMatchObject({ reason: 'failed', text: expect.stringContaining('stays on loopback') });
  });

  test("by a name that nobody knows is another machine's", async () => {
    const { doors, until } = named();
    doors.act({ type: 'bind', address: 'no-such-host.invalid:7015' });
    expect(await until('unbound')).toMatchObject({ reason: 'elsewhere' });
  });

  test('that is let go before it was bound is not bound', async () => {
    const address = await freeAddress();
    const one = new Doors();
    one.doors.act({ type: 'bind', address });
    one.doors.act({ type: 'release', address });
    const two = new Doors();
    await vi.waitFor(async () => {
      two.doors.act({ type: 'bind', address });
      await new Promise((resolve) => setImmediate(resolve));
      expect(two.events.some(({ type }) => type === 'bound')).toBe(true);
    });
    expect(one.events).toEqual([]);
  });

  test('that is bound takes nodes and nanomsg programs, each as what it is', async () => {
    const address = await freeAddress();
    const one = new Doors();
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    dial(address).write(preface);
    await vi.waitFor(() => expect(one.nodes).toHaveLength(1));
    const socket = program(address, 'hello');
    const joined = await one.until('joined');
    expect(joined).toMatchObject({ address });
    expect(await one.until('message')).toMatchObject({ bytes: text('hello') });
    one.doors.act({ type: 'send', peer: (joined as { peer: number }).peer, bytes: Buffer.from('welcome') });
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    expect(greeting.subarray(0, 8)).toEqual(Buffer.from(spGreeting(SpProtocol.bus)));
    socket.destroy();
    expect(await one.until('left')).toMatchObject({ peer: (joined as { peer: number }).peer });
  });

  test('counts who speaks something else with the node, and tells who breaks the rules', async () => {
    const address = await freeAddress();
    const one = new Doors();
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    const browser = dial(address);
    browser.write('GET / HTTP/1.1\r\n\r\n');
    await once(browser.resume(), 'close');
    expect(one.counters.turnedAway.http).toBe(1);
    const pair = dial(address);
    pair.write(spGreeting(SpProtocol.pair));
    expect(await one.until('refused')).toMatchObject({
      address,
      text: expect.stringContaining('it speaks PAIR'),
    });
    const enormous = program(address);
    await one.until('joined');
    enormous.write(Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0));
    expect(await one.until('refused', 2)).toMatchObject({ text: expect.stringContaining('over the limit') });
    await one.until('left');
  });

  test('is held from when the first is bound until the last is let go', async () => {
    const one = new Doors();
    const [first, second] = [await freeAddress(), await freeAddress()];
    for (const address of [first, second]) one.doors.act({ type: 'bind', address });
    await one.until('bound', 2);
    one.doors.act({ type: 'release', address: first });
    expect(one.held).toEqual([true]);
    one.doors.act({ type: 'release', address: second });
    one.doors.act({ type: 'release', address: second });
    expect(one.held).toEqual([true, false]);
  });

  test('that is let go lets go whoever came there', async () => {
    const address = await freeAddress();
    const one = new Doors();
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    const socket = program(address);
    await one.until('joined');
    one.doors.act({ type: 'release', address });
    await once(socket.resume(), 'close');
  });
});

function named(): { doors: FormationDoors; until: Doors['until'] } {
  const one = new Doors();
  return { doors: one.doors, until: (type, count) => one.until(type, count) };
}

describe('programs of other machines', () => {
  const [own] = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  );

  test('are turned away and counted; nodes are not', async ({ skip }) => {
    if (own === undefined) return skip('this machine has no address but loopback');
    const address = await freeAddress(own);
    const one = new Doors();
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    await once(program(address, 'let me in').resume(), 'close');
    dial(address).write(preface);
    await vi.waitFor(() => expect(one.nodes).toHaveLength(1));
    expect(one.events.map(({ type }) => type)).toEqual(['bound', 'refused']);
    expect(one.events[1]).toMatchObject({
      address,
      text: expect.stringContaining('--door-insecure lets it in'),
    });
    expect(one.doors.counters.refused).toBe(1);
  });

  test('are let in where the door is opened to all', async ({ skip }) => {
    if (own === undefined) return skip('this machine has no address but loopback');
    const address = await freeAddress(own);
    const one = new Doors(true);
    one.doors.act({ type: 'bind', address });
    await one.until('bound');
    program(address, 'let me in');
    await one.until('message');
  });
});

describe('a socket file', () => {
  function path(): string {
    const folder = mkdtempSync(join(tmpdir(), 'skein-door-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, 'door.ipc');
  }

  async function listening(file: string): Promise<Server> {
    const server = createServer().listen(file);
    await once(server, 'listening');
    return server;
  }

  test('is a door; what a dead program has left is no obstacle, what a living one has is', async () => {
    const file = path();
    const dead = await listening(file);
    // As SIGKILL leaves it: closed, and the file still there.
    (dead as unknown as { _handle: { close(): void } })._handle.close();
    const one = new Doors();
    one.doors.act({ type: 'bind', address: `ipc://${file}` });
    await one.until('bound');
    const two = new Doors();
    two.doors.act({ type: 'bind', address: `ipc://${file}` });
    expect(await two.until('unbound')).toMatchObject({ reason: 'taken' });
  });

  test('in a folder that is not there is told', async () => {
    const { doors, until } = named();
    doors.act({ type: 'bind', address: `ipc://${join(path(), 'deeper')}` });
    expect(await until('unbound')).toMatchObject({
      reason: 'failed',
      text: expect.stringContaining('cannot bind ipc://'),
    });
  });
});

describe('a broker that is a nanomsg program', () => {
  async function holder(act: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      act(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  test('is gone to, heard, and told of when it is gone', async () => {
    const sockets: Socket[] = [];
    const address = await holder((socket) => {
      sockets.push(socket);
      socket.write(spGreeting(SpProtocol.bus));
      socket.write(spMessage(Buffer.from('news'), 'tcp'));
    });
    const one = new Doors();
    one.doors.act({ type: 'join', address });
    expect(await one.until('joined')).toMatchObject({ address });
    expect(await one.until('message')).toMatchObject({ bytes: text('news') });
    sockets[0]?.destroy();
    await one.until('left');
  });

  test.each([
    ['speaks another protocol', (socket: Socket) => socket.write(spGreeting(SpProtocol.pair))],
    ['speaks none of these', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['hangs up at once', (socket: Socket) => socket.destroy()],
  ])('that %s is not', async (_what, act) => {
    const address = await holder(act);
    const one = new Doors();
    one.doors.act({ type: 'join', address });
    expect(await one.until('unjoined')).toMatchObject({ address });
    expect(one.events).toHaveLength(1);
  });

  test('that is not there is not', async () => {
    const { doors, until } = named();
    doors.act({ type: 'join', address: await freeAddress() });
    await until('unjoined');
  });
});
