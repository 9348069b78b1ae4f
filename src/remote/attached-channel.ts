/**
 * A channel of an attached node: the same `Duplex`, over a connection to the node's control socket.
 *
 * Made by an attached node. Invariant: nothing is read ahead of the program but what sockets buffer, so that a slow
 * reader is felt at the other end of the mesh; `finish` means that the other node has all; whichever side goes first
 * without an end, the other is told.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type {
  Channel,
  ChannelCounters,
  PairOptions,
  PairRequest,
  PairsOptions,
  WindowOptions,
} from '../features/channels/api/channel.ts';
import type { PairRequestJson } from '../features/channels/remote/pairs.ts';
import { SkeinError } from '../kernel/errors.ts';
import type { MessageStream } from '../node/node.ts';
import { MappedStream } from './attached-streams.ts';
import { ControlFrame, ControlFrames, frameHead, jsonFrame } from './channel-frames.ts';
import type { ControlClient, ControlConnection } from './client.ts';
import { errorFromJson, errorToJson } from './errors.ts';

interface ChannelState {
  readonly path: 'direct' | 'mesh';
  readonly counters: ChannelCounters;
}

const bufferedBytes = 64 * 1024;
const unknownState: ChannelState = {
  path: 'mesh',
  counters: { writtenBytes: 0, acknowledgedBytes: 0, receivedBytes: 0, waitingBytes: 0 },
};

class AttachedChannel extends Duplex implements Channel {
  readonly node: string;
  readonly protocol: string;
  private readonly opening: Promise<ControlConnection>;
  private socket: Socket | undefined;
  private state = unknownState;
  private hasEnded = false;
  private isFinished = false;
  private finishing: ((error?: Error | null) => void) | undefined;

  /** @param opening The connection; what is written before it is there waits for it. */
  constructor(node: string, protocol: string, opening: Promise<ControlConnection>) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: bufferedBytes,
      writableHighWaterMark: bufferedBytes,
    });
    this.node = node;
    this.protocol = protocol;
    this.opening = opening;
  }

  get path(): 'direct' | 'mesh' {
    return this.state.path;
  }

  get counters(): ChannelCounters {
    return this.state.counters;
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.opening.then((connection) => {
      this.begin(connection);
      done();
    }, done);
  }

  override _read(): void {
    this.socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const { socket } = this;
    if (socket === undefined || socket.destroyed) return;
    socket.write(frameHead(ControlFrame.data, chunk.length));
    if (socket.write(chunk)) return done();
    socket.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket?.write(frameHead(ControlFrame.end, 0));
    if (this.isFinished) done();
    else this.finishing = done;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { socket } = this;
    const isWhole = this.hasEnded && this.isFinished;
    if (socket?.writable === true && !isWhole) {
      const why = errorToJson(new SkeinError('SKEIN_ABORTED', error?.message ?? 'given up'));
      socket.write(jsonFrame(ControlFrame.error, why));
    }
    socket?.end();
    // Whatever still comes is dropped: an unread socket would not close.
    socket?.resume();
    done(error);
  }

  private begin({ socket, first }: ControlConnection): void {
    this.socket = socket;
    const frames = new ControlFrames({
      data: (bytes) => {
        if (!this.destroyed && !this.push(bytes)) socket.pause();
      },
      said: (type, value) => this.said(type, value),
    });
    const read = (chunk: Buffer): void => {
      if (!frames.push(chunk)) this.destroy(notSkein());
    };
    socket.on('error', () => {});
    socket.on('close', () => this.socketClosed());
    socket.on('data', read);
    if (first.length > 0) read(first);
  }

  private said(type: number, value: unknown): void {
    switch (type) {
      case ControlFrame.end:
        this.hasEnded = true;
        this.push(null);
        return;
      case ControlFrame.finished:
        this.isFinished = true;
        this.finishing?.();
        return;
      case ControlFrame.state:
        this.state = value as ChannelState;
        return;
      case ControlFrame.error:
        this.destroy(errorFromJson(value));
    }
  }

  private socketClosed(): void {
    if (this.destroyed || (this.hasEnded && this.isFinished)) return;
    this.destroy(new SkeinError('SKEIN_CLOSED', 'the node ended without a goodbye'));
  }
}

export async function pairAttached(
  client: ControlClient,
  node: string,
  { signal, ...options }: PairOptions = {},
): Promise<Channel> {
  const connection = await client.channel('pair', { node, ...options }, { signal });
  return new AttachedChannel(node, options.protocol ?? 'pair', Promise.resolve(connection));
}

/** What `accept` gives is a channel before the node has answered; its bytes wait for that. */
export function pairsAttached(
  client: ControlClient,
  { signal, ...options }: PairsOptions = {},
): MessageStream<PairRequest> {
  const stream = client.stream('pairs', options, { signal });
  return new MappedStream(stream, (json) => requestOf(client, json));
}

function requestOf(client: ControlClient, { ticket, from, protocol }: PairRequestJson): PairRequest {
  return {
    from,
    protocol,
    accept: (options: WindowOptions = {}) =>
      new AttachedChannel(from, protocol, client.channel('accept', { ticket, ...options })),
    refuse: (reason?: string) => {
      const input = reason === undefined ? { ticket } : { ticket, reason };
      // Who asks is told in any case: at the latest that nobody has answered.
      void client.call('refuse', input).catch(() => {});
    },
  };
}

function notSkein(): SkeinError {
  return new SkeinError('SKEIN_CONTROL', 'the control socket answered with something that is not skein');
}
