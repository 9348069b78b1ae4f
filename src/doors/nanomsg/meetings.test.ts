import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  decodeFormationMessage,
  encodeFormationMessage,
} from '../../features/formation/core/formation-messages.ts';
import { nanomsgLimits } from './limits.ts';
import { Meetings } from './meetings.ts';
import type { SpChannel } from './sp-channel.ts';
import { SpProtocol, SpStream, spGreeting, spMessage } from './sp-stream.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A nanomsg program's end of a PAIR. */
class Program {
  readonly socket: Socket;
  heard = '';
  messages = 0;
  private readonly stream: SpStream;

  constructor(socket: Socket, protocol: SpProtocol = SpProtocol.pair) {
    this.socket = socket;
    const message = (body: Uint8Array): boolean => {
      const read = decodeFormationMessage(body);
      this.messages++;
      if ('type' in read && read.type === 'Data') this.heard += read.payload;
      return true;
    };
    this.stream = new SpStream({ greeted: () => undefined, message }, { protocol, transport: 'tcp' });
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.stream.push(chunk));
    socket.write(spGreeting(protocol));
    cleanups.push(() => socket.destroy());
  }

  say(payload: string): void {
    this.sayBytes(encodeFormationMessage({ type: 'Data', payload }));
  }

  sayBytes(body: Uint8Array): void {
    this.socket.write(spMessage(body, 'tcp'));
  }
}

/** A node's port, where the meetings take what comes. */
async function port(meetings: Meetings): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      if (!meetings.take(socket, head)) socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  cleanups.push(() => meetings.close());
  return (server.address() as { port: number }).port;
}

async function met(): Promise<{ channel: SpChannel; program: Program; meetings: Meetings }> {
  const meetings = new Meetings(false);
  const at = await port(meetings);
  const expected = meetings.expect('Cat');
  const program = new Program(connect(at, '127.0.0.1'));
  return { channel: await expected, program, meetings };
}

async function textOf(channel: SpChannel): Promise<string> {
  let text = '';
  for await (const chunk of channel) text += String(chunk);
  return text;
}

describe('at the own port', () => {
  test('whoever comes while one is expected is the one; both talk, and one end ends both', async () => {
    const { channel, program } = await met();
    expect(channel.node).toBe('Cat');
    channel.write('grüße');
    await vi.waitFor(() => expect(program.heard).toBe('grüße'));
    program.say('miau ');
    program.say('miau');
    const read = textOf(channel);
    program.socket.end();
    expect(await read).toBe('miau miau');
  });

  test('nobody is let in unasked, nor a second one', async () => {
    const { meetings, program } = await met();
    expect(program.socket.destroyed).toBe(false);
    const at = (program.socket.remotePort ?? 0) as number;
    const second = new Program(connect(at, '127.0.0.1'));
    await once(second.socket, 'close');
    expect(meetings.refused).toBe(1);
  });

  test('one is expected at a time, and not for ever', async () => {
    vi.useFakeTimers();
    const meetings = new Meetings(false);
    const first = meetings.expect('Cat');
    await expect(meetings.expect('Dog')).rejects.toMatchObject({
      code: 'SKEIN_BUSY',
      message: expect.stringContaining('Cat is expected'),
    });
    vi.advanceTimersByTime(nanomsgLimits.meetingMs);
    await expect(first).rejects.toMatchObject({ code: 'SKEIN_TIMEOUT' });
    expect(meetings.missed).toBe(1);
    const given = new AbortController();
    const second = meetings.expect('Dog', given.signal);
    given.abort();
    await expect(second).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
    expect(meetings.missed).toBe(1);
  });

  test('what greets as something else is not the one, and the one may still come', async () => {
    const meetings = new Meetings(false);
    const at = await port(meetings);
    const expected = meetings.expect('Cat');
    const bus = new Program(connect(at, '127.0.0.1'), SpProtocol.bus);
    await once(bus.socket, 'close');
    new Program(connect(at, '127.0.0.1'));
    expect((await expected).node).toBe('Cat');
    expect(meetings.refused).toBe(1);
  });
});

describe('at its address', () => {
  test('a node goes there, whoever of the two is first', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port: at } = server.address() as { port: number };
    const meetings = new Meetings(false);
    cleanups.push(() => meetings.close());
    const came = once(server, 'connection');
    const channel = meetings.visit('Cat', `tcp://127.0.0.1:${at}`);
    channel.write('before we met, ');
    const [socket] = (await came) as [Socket];
    const program = new Program(socket);
    channel.end('here I am');
    await vi.waitFor(() => expect(program.heard).toBe('before we met, here I am'));
  });

  test('nobody else may come: that is told in time, and counted', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: at } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const meetings = new Meetings(false);
    cleanups.push(() => meetings.close());
    const channel = meetings.visit('Cat', `tcp://127.0.0.1:${at}`);
    const failed = once(channel, 'error').catch((error: unknown) => [error]);
    channel.write('anybody?');
    vi.advanceTimersByTime(nanomsgLimits.meetingMs);
    expect((await failed)[0]).toMatchObject({
      code: 'SKEIN_TIMEOUT',
      message: expect.stringContaining('Cat did not come to'),
    });
    expect(meetings.missed).toBe(1);
  });

  test.each([
    ['tcp://10.1.2.3:7015', 'SKEIN_PROTECTED', 'not on this machine alone'],
    ['nowhere', 'SKEIN_ADDRESS', 'the address of Cat'],
  ])('%s is not gone to', async (address, code, why) => {
    const failure = { code, message: expect.stringContaining(why) };
    expect(() => new Meetings(false).visit('Cat', address)).toThrow(expect.objectContaining(failure));
  });
});

describe('a channel', () => {
  test('takes no more than the other end reads, and loses nothing', async () => {
    const { channel, program } = await met();
    program.socket.pause();
    const chunk = 'x'.repeat(64 * 1024);
    const chunks = 400;
    let written = 0;
    const writing = (async () => {
      for (; written < chunks; written++) if (!channel.write(chunk)) await once(channel, 'drain');
      channel.end();
    })();
    // What both ends' sockets take, and what may wait here: then it stands still.
    await vi.waitFor(() => expect(channel.writableNeedDrain).toBe(true));
    expect(written).toBeLessThan(chunks);
    program.socket.resume();
    await writing;
    await vi.waitFor(() => expect(program.heard.length).toBe(chunks * chunk.length), 10_000);
  });

  test('reads no more than is asked for', async () => {
    const { channel, program } = await met();
    const payload = 'y'.repeat(64 * 1024);
    const messages = 400;
    for (let i = 0; i < messages; i++) program.say(payload);
    await vi.waitFor(() => expect(channel.readableLength).toBeGreaterThan(0));
    expect(channel.readableLength).toBeLessThan(1024 * 1024);
    program.socket.end();
    expect((await textOf(channel)).length).toBe(messages * payload.length);
  });

  test('does not cut a character, wherever its bytes are cut', async () => {
    const { channel, program } = await met();
    const text = '😀'.repeat(nanomsgLimits.spPayloadLength);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 4097) channel.write(bytes.subarray(at, at + 4097));
    channel.end();
    await vi.waitFor(() => expect(program.heard.length).toBe(text.length), 10_000);
    expect(program.heard).toBe(text);
  });

  test('counts what is none of Data', async () => {
    const { channel, program } = await met();
    program.sayBytes(new TextEncoder().encode('{"Hail":{"name":"a","address":"b"}}'));
    program.sayBytes(new TextEncoder().encode('???'));
    await vi.waitFor(() => expect(channel.malformed).toBe(2));
  });

  test('fails for whoever writes while the other end goes', async () => {
    const { channel, program } = await met();
    program.socket.pause();
    const chunk = 'x'.repeat(64 * 1024);
    const failed = once(channel, 'error') as Promise<[Error]>;
    for (let i = 0; i < 400; i++) channel.write(chunk);
    program.socket.destroy();
    channel.resume();
    const [error] = await failed.catch((reason: unknown) => [reason]);
    expect(error).toMatchObject({
      code: 'SKEIN_LOST',
      message: expect.stringContaining('Cat takes no more'),
    });
  });
});
