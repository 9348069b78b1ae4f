/**
 * What one end of a session has to say, gathered: the frames of a turn leave as one message.
 *
 * Made by both ends, one for each session. Invariant: frames leave in their order; nothing waits longer than the turn
 * in which it was said; whoever asks is told when more waits than the socket takes.
 */
import type WebSocket from 'ws';
import { encodeFrame, joinFrames, type SessionFrame } from './frames.ts';

/** A message of so many bytes is large enough to be worth a write of its own. */
const messageBytes = 64 * 1024;
/** So many bytes may wait for the socket before those who can wait are told to. */
const waitingBytesMax = 512 * 1024;

export class SessionWriter {
  private readonly socket: WebSocket;
  private frames: Uint8Array[] = [];
  private byteLength = 0;
  private isScheduled = false;
  private waiters: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** @returns how long it is. @throws TypeError for what CBOR cannot say: nothing is sent then. */
  write(frame: SessionFrame): number {
    const encoded = encodeFrame(frame);
    this.writeEncoded(encoded);
    return encoded.length;
  }

  writeEncoded(frame: Uint8Array): void {
    this.frames.push(frame);
    this.byteLength += frame.length;
    if (this.byteLength >= messageBytes) return this.flush();
    if (this.isScheduled) return;
    this.isScheduled = true;
    // After all that runs now, callbacks of promises included.
    process.nextTick(() => this.flush());
  }

  get isFull(): boolean {
    return this.socket.bufferedAmount + this.byteLength > waitingBytesMax;
  }

  /** Resolves once more may be written; at once where that is so already, or the socket is gone. */
  async room(): Promise<void> {
    while (this.isFull && this.socket.readyState === this.socket.OPEN)
      await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  flush(): void {
    this.isScheduled = false;
    if (this.frames.length === 0 || this.socket.readyState === this.socket.CONNECTING) return;
    const message = joinFrames(this.frames, this.byteLength);
    [this.frames, this.byteLength] = [[], 0];
    if (this.socket.readyState === this.socket.OPEN)
      this.socket.send(message, { binary: true, compress: false }, this.release);
    else this.release();
  }

  /** Also once the socket is gone: nobody must wait for ever. */
  readonly release = (): void => {
    const { waiters } = this;
    this.waiters = [];
    for (const resume of waiters) resume();
  };
}
