/**
 * The client's end of a duplex operation: a `Duplex` over a connection to the node's control socket.
 *
 * Made by the client. Invariant: nothing is read ahead of the program but what sockets buffer, so that a slow reader is
 * felt at the other end; `finish` means that the node has passed on all; whichever side ends first without an end, the
 * other is told.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SkeinError } from '../kernel/errors.ts';
import type { SessionDuplex } from '../kit/session.ts';
import { ControlFrame, ControlFrames, frameHead, jsonFrame } from './duplex-frames.ts';
import { errorFromJson, errorToJson } from './errors.ts';

const bufferedBytes = 64 * 1024;

/** A connection that has become a duplex. */
export interface ControlConnection {
  readonly socket: Socket;
  /** What came with the answer. */
  readonly first: Buffer;
}

export class ControlDuplex extends Duplex implements SessionDuplex {
  readonly opened: Promise<void>;
  private readonly opening: Promise<ControlConnection>;
  private socket: Socket | undefined;
  state: unknown;
  private hasEnded = false;
  private isFinished = false;
  private finishing: ((error?: Error | null) => void) | undefined;

  /** @param opening The connection; what is written before it is there waits for it. */
  constructor(opening: Promise<ControlConnection>) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: bufferedBytes,
      writableHighWaterMark: bufferedBytes,
    });
    this.opening = opening;
    this.opened = opening.then(() => undefined);
    // A program that only reads and writes learns of a failure from the stream.
    this.opened.catch(() => undefined);
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
        this.state = value;
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

function notSkein(): SkeinError {
  return new SkeinError('SKEIN_CONTROL', 'the control socket answered with something that is not skein');
}
