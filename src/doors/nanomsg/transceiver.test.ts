import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nanomsgLimits } from './limits.ts';
import { parseSpAddress, type SpAddress } from './sp-address.ts';
import { SpProtocol, spGreeting, spMessage } from './sp-stream.ts';
import { Transceiver } from './transceiver.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Heard {
  readonly transceiver: Transceiver;
  readonly messages: string[];
  readonly joined: number[];
  readonly left: string[];
  readonly lost: string[];
}

function make(address: SpAddress, protocol: SpProtocol = SpProtocol.bus): Heard {
  const heard = {
    messages: [] as string[],
    joined: [] as number[],
    left: [] as string[],
    lost: [] as string[],
  };
  const transceiver = new Transceiver(
    { address, protocol },
    {
      message: (body) => heard.messages.push(new TextDecoder().decode(body)),
      joined: (peer) => heard.joined.push(peer),
      left: (_peer, reason) => heard.left.push(reason),
      lost: (reason) => heard.lost.push(reason),
    },
  );
  cleanups.push(() => transceiver.close());
  return { transceiver, ...heard };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function tcpAddress(): Promise<SpAddress> {
  return { transport: 'tcp', host: '127.0.0.1', port: await freePort() };
}

function ipcAddress(): SpAddress {
  const folder = mkdtempSync(join(tmpdir(), 'skein-ipc-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return parseSpAddress(`ipc://${join(folder, 'vee.ipc')}`, 'test');
}

const text = (value: string) => new TextEncoder().encode(value);
const portOf = (address: SpAddress) => (address as { port: number }).port;

describe.each([
  ['tcp', tcpAddress],
  ['ipc', async () => ipcAddress()],
] as const)('over %s', (_name, addressOf) => {
  test('the first is bound, the next are connected, and a BUS carries from one to all it is connected to', async () => {
    const address = await addressOf();
    const [broker, one, two] = [make(address), make(address), make(address)];
    expect(await broker.transceiver.open()).toBe('bound');
    expect(await one.transceiver.open()).toBe('connected');
    expect(await two.transceiver.open()).toBe('connected');
    await vi.waitFor(() => expect(broker.joined).toHaveLength(2));
    expect(broker.transceiver.send(text('to all'))).toBe(2);
    expect(one.transceiver.send(text('to the broker'))).toBe(1);
    await vi.waitFor(() => expect([one.messages, two.messages]).toEqual([['to all'], ['to all']]));
    await vi.waitFor(() => expect(broker.messages).toEqual(['to the broker']));
    expect(two.messages).toEqual(['to all']);
  });

  test('of twenty that open it at once one is bound, and the others are connected to it', async () => {
    const address = await addressOf();
    const all = Array.from({ length: 20 }, () => make(address));
    const roles = await Promise.all(all.map(({ transceiver }) => transceiver.open()));
    expect(roles.filter((role) => role === 'bound')).toHaveLength(1);
    const broker = all[roles.indexOf('bound')] as Heard;
    await vi.waitFor(() => expect(broker.joined).toHaveLength(19));
  });

  test('when the bound one is gone the others are told, and open it again among themselves', async () => {
    const address = await addressOf();
    const all = Array.from({ length: 6 }, () => make(address));
    const [broker, ...rest] = all as [Heard, ...Heard[]];
    await broker.transceiver.open();
    await Promise.all(rest.map(({ transceiver }) => transceiver.open()));
    await broker.transceiver.close();
    await vi.waitFor(() => expect(rest.map(({ lost }) => lost.length)).toEqual([1, 1, 1, 1, 1]));
    expect(rest.map(({ transceiver }) => transceiver.role)).toEqual(rest.map(() => undefined));
    const roles = await Promise.all(rest.map(({ transceiver }) => transceiver.open()));
    expect(roles.filter((role) => role === 'bound')).toHaveLength(1);
  });

  test('a PAIR has one other end; a second is turned away until it is gone', async () => {
    const address = await addressOf();
    const [bound, first, second] = [1, 2, 3].map(() => make(address, SpProtocol.pair)) as [
      Heard,
      Heard,
      Heard,
    ];
    await bound.transceiver.open();
    await first.transceiver.open();
    const opened = second.transceiver.open();
    await vi.waitFor(() => expect(bound.transceiver.counters.refused).toBeGreaterThan(1));
    await first.transceiver.close();
    expect(await opened).toBe('connected');
    await vi.waitFor(() => expect(bound.joined).toHaveLength(2));
    bound.transceiver.send(text('you'));
    await vi.waitFor(() => expect(second.messages).toEqual(['you']));
    expect(first.messages).toEqual([]);
  });
});

test('a socket file that a dead program has left is no obstacle', async () => {
  const address = ipcAddress() as { path: string } & SpAddress;
  const server = createServer().listen(address.path);
  await once(server, 'listening');
  // As SIGKILL leaves it: closed, and the file still there.
  (server as unknown as { _handle: { close(): void } })._handle.close();
  const { transceiver } = make(address);
  expect(await transceiver.open()).toBe('bound');
});

describe('whoever has the address and speaks something else', () => {
  async function holder(act: (socket: Socket) => void): Promise<SpAddress> {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      act(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return { transport: 'tcp', host: '127.0.0.1', port: (server.address() as { port: number }).port };
  }

  test('is told as what it is: another protocol, or none of these', async () => {
    const pair = await holder((socket) => socket.write(spGreeting(SpProtocol.pair)));
    await expect(make(pair).transceiver.open()).rejects.toMatchObject({
      code: 'SKEIN_ADDRESS_IN_USE',
      message: expect.stringContaining('it speaks PAIR (16), and BUS (112) is spoken here'),
    });
    const http = await holder((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(make(http).transceiver.open()).rejects.toMatchObject({
      message: expect.stringContaining('does not greet as nanomsg does'),
    });
  });

  test('and is gone before it has greeted is as if it had never been', async () => {
    const dying = createServer((socket) => {
      dying.close();
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(dying, 'listening');
    const { port } = dying.address() as { port: number };
    const { transceiver } = make({ transport: 'tcp', host: '127.0.0.1', port });
    expect(await transceiver.open()).toBe('bound');
  });
});

describe('a stranger', () => {
  async function bound(protocol: SpProtocol = SpProtocol.bus) {
    const address = await tcpAddress();
    const heard = make(address, protocol);
    await heard.transceiver.open();
    const dial = async (): Promise<Socket> => {
      const socket = connect(portOf(address), '127.0.0.1');
      socket.on('error', () => undefined);
      cleanups.push(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    return { ...heard, dial };
  }

  test('that does not greet as it should is shown out and counted; the others go on', async () => {
    const { transceiver, messages, dial } = await bound();
    const good = await dial();
    good.write(spGreeting(SpProtocol.bus));
    const bad = await dial();
    bad.end('GET / HTTP/1.1\r\n\r\n');
    await once(bad.resume(), 'close');
    good.write(spMessage(text('still here'), 'tcp'));
    await vi.waitFor(() => expect(messages).toEqual(['still here']));
    expect(transceiver.counters.refused).toBe(1);
  });

  test('that announces an enormous message is shown out', async () => {
    const { left, joined, dial } = await bound();
    const socket = await dial();
    socket.write(spGreeting(SpProtocol.bus));
    await vi.waitFor(() => expect(joined).toHaveLength(1));
    socket.write(new Uint8Array(8).fill(0xff));
    await vi.waitFor(() => expect(left).toEqual([expect.stringContaining('is over the limit')]));
  });

  test('that does not read holds so much, and misses the rest', async () => {
    const { transceiver, joined, dial } = await bound();
    const socket = await dial();
    socket.write(spGreeting(SpProtocol.bus));
    await vi.waitFor(() => expect(joined).toHaveLength(1));
    socket.pause();
    const body = new Uint8Array(64 * 1024);
    let sent = 0;
    while (transceiver.send(body) === 1) sent++;
    expect(transceiver.counters.dropped).toBe(1);
    // What the system takes of it is the system's affair.
    expect(sent * body.length).toBeLessThan(nanomsgLimits.spWaitingBytesMax + 16 * 1024 * 1024);
    const drained = transceiver.drained();
    socket.resume();
    await drained;
    expect(transceiver.send(body)).toBe(1);
  });
});

describe('closing', () => {
  test('ends what is under way to be opened', async () => {
    // An address of no machine here, where nobody answers.
    const { transceiver } = make({ transport: 'tcp', host: '192.0.2.1', port: 7015 });
    const opened = transceiver.open();
    const ended = expect(opened).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
    await transceiver.close();
    await ended;
  });

  test('frees the address at once, and tells the others', async () => {
    const address = await tcpAddress();
    const [one, other] = [make(address), make(address)];
    await one.transceiver.open();
    await other.transceiver.open();
    await one.transceiver.close();
    expect(await make(address).transceiver.open()).toBe('bound');
    await vi.waitFor(() => expect(other.lost).toHaveLength(1));
  });
});

test('an address that cannot be bound is told with the reason', async () => {
  const { transceiver } = make({ transport: 'ipc', path: '/nonexistent/folder/vee.ipc' });
  await expect(transceiver.open()).rejects.toMatchObject({
    code: 'SKEIN_ADDRESS',
    message: expect.stringContaining('ipc:///nonexistent/folder/vee.ipc'),
  });
});
