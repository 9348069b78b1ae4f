/**
 * One connection to a program that speaks the scalability protocols.
 *
 * Who calls it: the transceiver, with a connected socket. Invariant: nothing is handed on before the other end has
 * greeted as it should, within its time; after `ended`, which is told once, nothing more is; what waits for a
 * program that does not read is bounded.
 */
import type { Socket } from 'node:net';
import { hostLimits } from '../../host/limits.ts';
import { nanomsgLimits } from './limits.ts';
import { type SpProtocol, SpStream, type SpTransport, spGreeting, spMessage } from './sp-stream.ts';

export interface SpEnd {
  /** In words. */
  readonly reason: string;
  /** It did what no such program does; not that it is merely gone. */
  readonly isFault: boolean;
}

export interface SpConnectionPorts {
  /** It has greeted. */
  readonly greeted: (connection: SpConnection) => void;
  readonly message: (connection: SpConnection, body: Uint8Array) => void;
  readonly ended: (connection: SpConnection, end: SpEnd) => void;
}

export class SpConnection {
  /** Told apart from others of this process. */
  readonly number: number;
  private readonly socket: Socket;
  private readonly transport: SpTransport;
  private readonly ports: SpConnectionPorts;
  private readonly stream: SpStream;
  private readonly timer: NodeJS.Timeout;
  private hasGreeted = false;
  private hasEnded = false;
  private drainWaiters: (() => void)[] = [];

  private static last = 0;

  constructor(socket: Socket, protocol: SpProtocol, transport: SpTransport, ports: SpConnectionPorts) {
    this.number = ++SpConnection.last;
    this.socket = socket;
    this.transport = transport;
    this.ports = ports;
    const sink = {
      greeted: () => this.greet(),
      message: (body: Uint8Array): boolean => {
        ports.message(this, body);
        return !this.hasEnded;
      },
    };
    this.stream = new SpStream(sink, { protocol, transport });
    const tooLate = (): void => this.end('it said nothing for too long', true);
    this.timer = setTimeout(tooLate, nanomsgLimits.spGreetingTimeoutMs).unref();
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('drain', () => this.release());
    socket.on('error', (error) => this.end(error.message));
    socket.on('close', () => this.end('the other end closed the connection'));
    socket.write(spGreeting(protocol));
  }

  get isOpen(): boolean {
    return this.hasGreeted && !this.hasEnded;
  }

  /** False: it has not greeted, has ended, or too much waits for it already; the message is not sent then. */
  send(body: Uint8Array): boolean {
    if (!this.isOpen || this.socket.writableLength > nanomsgLimits.spWaitingBytesMax) return false;
    this.socket.write(spMessage(body, this.transport));
    return true;
  }

  /** Reads no more, or goes on. */
  pause(isPaused: boolean): void {
    if (this.hasEnded) return;
    if (isPaused) this.socket.pause();
    else this.socket.resume();
  }

  /** Resolves when what waits for it has left, or it has ended. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.hasEnded) resolve();
      else this.drainWaiters.push(resolve);
    });
  }

  close(): void {
    this.end('closed');
  }

  /** @param reason In words. */
  end(reason: string, isFault = false): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearTimeout(this.timer);
    // What was sent before still leaves, within a bound.
    this.socket.end();
    const cutOff = setTimeout(() => this.socket.destroy(), hostLimits.closeTimeoutMs).unref();
    this.socket.once('close', () => clearTimeout(cutOff));
    this.socket.resume();
    this.release();
    this.ports.ended(this, { reason, isFault });
  }

  private release(): void {
    const waiters = this.drainWaiters;
    this.drainWaiters = [];
    for (const resolve of waiters) resolve();
  }

  private received(chunk: Uint8Array): void {
    if (this.hasEnded) return;
    const problem = this.stream.push(chunk);
    if (problem !== undefined) this.end(problem, true);
  }

  private greet(): void {
    this.hasGreeted = true;
    clearTimeout(this.timer);
    this.ports.greeted(this);
  }
}
