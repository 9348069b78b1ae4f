/**
 * What somebody without the key can put on the network: ends of TLS of their own, and machines in the middle.
 *
 * Used by the tests of refusals, against real nodes. Invariant: nothing here holds a mesh key; each thing
 * is closed with the test that opened it, its sockets included.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { type Certificate, makeCertificate } from '../../src/host/keys/certificate.ts';
import { ControlType, controlFrame } from '../../src/kernel/link/control.ts';
import { Frame, preface } from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';

const certificate: Certificate = await makeCertificate();
const protocol = ['skein/1'];

export interface Spoken {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** The frames in what one side of a stream has said so far; they begin after the preface. */
export function framesIn(bytes: Uint8Array): Spoken[] {
  const frames: Spoken[] = [];
  const frame = new Frame();
  const splitter = new FrameSplitter({
    frame: (chunk, start, end) => {
      if (frame.read(chunk, start, end)) frames.push({ type: frame.type, payload: frame.payload.slice() });
      return true;
    },
  });
  splitter.push(bytes.subarray(preface.length));
  return frames;
}

/** What a dialer says first, whatever its hello. */
export function openingWith(hello: Uint8Array): Uint8Array {
  return Uint8Array.of(...preface, ...controlFrame(ControlType.hello, hello));
}

/** One side of a conversation, as the stranger sees it. */
export class Conversation {
  readonly socket: TLSSocket | Socket;
  /** `TLSv1.3`; undefined on a bare connection. */
  readonly protocol: string | undefined;
  private readonly chunks: Buffer[] = [];
  private isClosed: boolean;

  constructor(socket: TLSSocket | Socket) {
    this.socket = socket;
    this.protocol = socket instanceof TLSSocket ? (socket.getProtocol() ?? undefined) : undefined;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    this.isClosed = socket.destroyed;
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  get heard(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** The payload of the first frame of this type; waits for it. */
  async frame(type: number): Promise<Uint8Array> {
    for (;;) {
      const found = framesIn(this.heard).find((one) => one.type === type);
      if (found !== undefined) return found.payload;
      if (this.isClosed) throw new Error(`closed without a frame of type ${type}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }
}

/** Machines of strangers on this one: what they listen on and what they hold open. */
export class Strangers {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  /** A TLS session with a node, as whoever reaches its port can have one. */
  async dialTls(address: string, options: object = {}): Promise<Conversation> {
    const socket = connectTls({
      ...endpoint(address),
      rejectUnauthorized: false,
      ALPNProtocols: protocol,
      ...options,
    });
    this.hold(socket);
    await new Promise((resolve) => socket.on('secureConnect', resolve).on('close', resolve));
    return new Conversation(socket);
  }

  /** Bytes on a bare connection. */
  dialPlain(address: string, bytes: Uint8Array): Conversation {
    const socket = connect(endpoint(address));
    this.hold(socket);
    const conversation = new Conversation(socket);
    socket.write(bytes);
    return conversation;
  }

  /** Who connects is handed over; the address to connect to. */
  async listen(connected: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      this.hold(socket);
      connected(socket);
    }).listen(0, '127.0.0.1');
    this.servers.push(server);
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  /** The same after a TLS handshake in which the stranger is the server, with a certificate of its own. */
  listenTls(connected: (socket: TLSSocket) => void, options: object = {}): Promise<string> {
    return this.listen((socket) => {
      const tls = new TLSSocket(socket, {
        isServer: true,
        ...certificate,
        ALPNProtocols: protocol,
        ...options,
      });
      tls.on('error', () => undefined);
      tls.once('secure', () => connected(tls));
    });
  }

  /** Two TLS sessions with somebody in the middle, who passes on every byte and reads it. */
  async intercept(target: string): Promise<Interception> {
    const sessions: { dialer: Conversation; listener: Conversation }[] = [];
    const address = await this.listenTls(async (socket) => {
      socket.pause();
      const outer = await this.dialTls(target);
      const dialer = new Conversation(socket);
      sessions.push({ dialer, listener: outer });
      socket.pipe(outer.socket).pipe(socket);
    });
    return { address, sessions };
  }

  /** A cable with a tap: passes on what comes, as it is, and keeps it. */
  async tap(target: string): Promise<{ address: string; fromDialer: Buffer[]; fromListener: Buffer[] }> {
    const fromDialer: Buffer[] = [];
    const fromListener: Buffer[] = [];
    const address = await this.listen((socket) => {
      const onward = connect(endpoint(target));
      this.hold(onward);
      socket.on('data', (chunk: Buffer) => fromDialer.push(Buffer.from(chunk)));
      onward.on('data', (chunk: Buffer) => fromListener.push(Buffer.from(chunk)));
      socket.pipe(onward).pipe(socket);
    });
    return { address, fromDialer, fromListener };
  }

  close(): void {
    for (const server of this.servers.splice(0)) server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}

export interface Interception {
  readonly address: string;
  /** What each end has said, in the clear. */
  readonly sessions: readonly { readonly dialer: Conversation; readonly listener: Conversation }[];
}

function endpoint(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
