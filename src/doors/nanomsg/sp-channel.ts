/**
 * A channel to a program that speaks nanomsg: a Duplex of text over a PAIR, in the formation's Data messages.
 *
 * Made by the meetings, once both ends are there. Each chunk that is written is one Data message (a long one several),
 * each Data message is one chunk that is read. Invariant: what is not read is not fetched from the socket, what the
 * other end does not take is not accepted; nanomsg knows no half-closed connection, so that one end ends both.
 */
import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Channel, ChannelCounters } from '../../features/channels/api.ts';
import {
  decodeFormationMessage,
  encodeFormationMessage,
} from '../../features/formation/core/formation-messages.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { nanomsgLimits } from './limits.ts';

/** What carries it. */
export interface SpPipe {
  /** False: it has no room, or is gone. */
  send(body: Uint8Array): boolean;
  /** Resolves when there may be room again, or it is gone. */
  drained(): Promise<void>;
  /** Reads no more, or goes on. */
  pause(isPaused: boolean): void;
  close(): void;
}

export class SpChannel extends Duplex implements Channel {
  /** The other end's name, as the broker said it. */
  readonly node: string;
  readonly protocol = 'nanomsg';
  readonly path = 'direct';
  /** Messages that were none of Data. */
  malformed = 0;
  /** Undefined until the two have met. */
  private carrier: SpPipe | undefined;
  /** A character may be cut between two chunks. */
  private readonly text = new StringDecoder('utf8');
  private writtenBytes = 0;
  private handedBytes = 0;
  private receivedBytes = 0;
  private gone: string | undefined;
  private wake: () => void = () => undefined;

  constructor(node: string) {
    super({ allowHalfOpen: false, decodeStrings: true });
    this.node = node;
  }

  /** Acknowledged: taken by the socket; such programs say no more. */
  get counters(): ChannelCounters {
    const { writtenBytes, handedBytes, receivedBytes, readableLength } = this;
    return { writtenBytes, acknowledgedBytes: handedBytes, receivedBytes, waitingBytes: readableLength };
  }

  // ── the meeting ───────────────────────────────────────────────────────────────────────────────────

  /** What is written from now on leaves, and what was written before. */
  met(carrier: SpPipe): void {
    if (this.destroyed) return carrier.close();
    this.carrier = carrier;
    this.wake();
  }

  get hasMet(): boolean {
    return this.carrier !== undefined;
  }

  // ── from the pipe ─────────────────────────────────────────────────────────────────────────────────

  heard(body: Uint8Array): void {
    const message = decodeFormationMessage(body);
    if (!('type' in message) || message.type !== 'Data') this.malformed++;
    else if (message.payload !== '') this.received(Buffer.from(message.payload));
  }

  private received(bytes: Buffer): void {
    this.receivedBytes += bytes.length;
    if (!this.push(bytes)) this.carrier?.pause(true);
  }

  left(reason: string): void {
    if (this.gone !== undefined) return;
    this.gone = reason;
    this.push(null);
  }

  // ── Duplex ────────────────────────────────────────────────────────────────────────────────────────

  override _read(): void {
    this.carrier?.pause(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.writtenBytes += chunk.length;
    const sent = (): void => {
      this.handedBytes += chunk.length;
      callback();
    };
    void this.sendAll(this.text.write(chunk)).then(sent, callback);
  }

  override _final(callback: (error?: Error) => void): void {
    void this.sendAll(this.text.end()).then(() => {
      this.carrier?.close();
      this.left('closed');
      callback();
    }, callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.wake();
    this.carrier?.close();
    callback(error);
  }

  private meeting(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private async sendAll(text: string): Promise<void> {
    for (let at = 0; at < text.length; ) {
      const end = cut(text, at + nanomsgLimits.spPayloadLength);
      const body = encodeFormationMessage({ type: 'Data', payload: text.slice(at, end) });
      while (this.carrier?.send(body) !== true) {
        if (this.gone !== undefined || this.destroyed) throw lost(this.node, this.gone);
        await (this.carrier?.drained() ?? this.meeting());
      }
      at = end;
    }
  }
}

/** Not between the two halves of one character. */
function cut(text: string, at: number): number {
  const isHalf = at < text.length && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return Math.min(text.length, isHalf ? at - 1 : at);
}

function lost(node: string, reason = 'closed'): SkeinError {
  return new SkeinError('SKEIN_LOST', `${node} takes no more: ${reason}`);
}
