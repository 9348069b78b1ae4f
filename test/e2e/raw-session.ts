/**
 * A client of the session protocol that says what a test wants it to, right or wrong.
 *
 * Used by the tests of sessions. Invariant: it keeps all that the node says to it, and nothing is sent by itself.
 */
import { connect } from 'node:net';
import { vi } from 'vitest';
import WebSocket from 'ws';
import {
  decodeFrames,
  encodeFrame,
  FrameType,
  joinFrames,
  type SessionFrame,
  sessionPath,
  sessionProtocol,
} from '../../src/remote/session/frames.ts';

export class RawSession {
  readonly frames: SessionFrame[] = [];
  readonly socket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.frames.push(...decodeFrames(data)));
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async open(path: string, options: WebSocket.ClientOptions = {}): Promise<RawSession> {
    const socket = new WebSocket(`ws://x${sessionPath}`, {
      createConnection: () => connect(path),
      perMessageDeflate: false,
      ...options,
    });
    const session = new RawSession(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return session;
  }

  /** With the hello said, and answered. */
  static async greeted(path: string, hello: object = {}): Promise<RawSession> {
    const session = await RawSession.open(path);
    session.say([FrameType.hello, 0, { protocol: sessionProtocol, ...hello }]);
    await session.next(([type]) => type === FrameType.welcome || type === FrameType.failed);
    return session;
  }

  say(...frames: SessionFrame[]): void {
    void this.sent(...frames);
  }

  /** Says it, and resolves once it has left this process. */
  sent(...frames: SessionFrame[]): Promise<void> {
    const encoded = frames.map(encodeFrame);
    const byteLength = encoded.reduce((sum, { length }) => sum + length, 0);
    return new Promise((sent) => this.socket.send(joinFrames(encoded, byteLength), () => sent()));
  }

  /** The first frame that fits, also of those that have come. */
  next(fits: (frame: SessionFrame) => boolean): Promise<SessionFrame> {
    const find = () => {
      const found = this.frames.find(fits);
      if (found === undefined) throw new Error(`no such frame among ${JSON.stringify(this.frames)}`);
      return found;
    };
    return vi.waitFor(find, { interval: 2, timeout: 15_000 });
  }

  /** What became of what was asked under this number. */
  outcome(id: number): Promise<SessionFrame> {
    return this.next(
      (frame) => frame[1] === id && (frame[0] === FrameType.answer || frame[0] === FrameType.failed),
    );
  }

  close(): void {
    this.socket.terminate();
  }
}
