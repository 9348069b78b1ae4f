/**
 * A duplex at the node's end of a session: bytes both ways, each as far as the other side has room.
 *
 * Made by the session. Invariant: neither side reads on while the other does not take; a session that ends without an
 * end of the stream destroys it; what a client sends beyond its credit ends its session.
 */
import type { Duplex } from 'node:stream';
import type { DuplexAnswer } from '../../kit/operation.ts';
import { asSkeinError, errorToJson } from '../errors.ts';
import { controlLimits } from '../limits.ts';
import { FrameType, type SessionFrame } from './frames.ts';

export interface NodeDuplexPorts {
  /** Bytes that the client has room for at the beginning. */
  readonly credit: number;
  readonly write: (frame: SessionFrame) => void;
  readonly closed: () => void;
  /** The client does what it must not. */
  readonly violated: (why: string) => void;
}

export class NodeDuplex {
  private readonly id: number;
  private readonly stream: Duplex;
  private readonly state: () => unknown;
  private readonly ports: NodeDuplexPorts;
  /** To the client. */
  private credit: number;
  /** From the client. */
  private room: number = controlLimits.duplexCredit;
  private problem: Error | undefined;

  constructor(id: number, { stream, state }: DuplexAnswer, ports: NodeDuplexPorts) {
    this.id = id;
    this.stream = stream;
    this.state = () => state();
    this.ports = ports;
    this.credit = ports.credit;
  }

  begin(): void {
    const { stream, id } = this;
    const { write } = this.ports;
    write([FrameType.opened, id, controlLimits.duplexCredit]);
    write([FrameType.state, id, this.state()]);
    const telling = setInterval(
      () => write([FrameType.state, id, this.state()]),
      controlLimits.channelStateMs,
    );
    stream.on('data', (bytes: Uint8Array) => {
      write([FrameType.data, id, bytes]);
      this.credit -= bytes.length;
      if (this.credit <= 0) stream.pause();
    });
    stream.once('end', () => write([FrameType.end, id]));
    stream.once('finish', () => write([FrameType.finished, id]));
    stream.once('error', (error) => {
      this.problem = error;
    });
    stream.once('close', () => {
      clearInterval(telling);
      if (this.problem === undefined) write([FrameType.over, id]);
      else write([FrameType.failed, id, errorToJson(asSkeinError(this.problem))]);
      this.ports.closed();
    });
  }

  data(bytes: Uint8Array): void {
    this.room -= bytes.length;
    if (this.room < 0)
      return this.ports.violated(`duplex ${this.id}: more bytes came than there was room for`);
    if (this.stream.destroyed || this.stream.writableEnded) return;
    this.stream.write(bytes, () => {
      this.room += bytes.length;
      this.ports.write([FrameType.credit, this.id, bytes.length]);
    });
  }

  ended(): void {
    this.stream.end();
  }

  credited(count: number): void {
    this.credit += count;
    if (this.credit > 0) this.stream.resume();
  }

  destroy(): void {
    this.stream.destroy();
  }
}
