/**
 * A channel on a control socket, byte for byte: what each side says to the other once the request is answered.
 *
 * ```
 * u8 type, u32 length, then so many bytes
 * data     of the channel
 * end      nothing more comes from this side
 * finished the other node has all that this client wrote
 * error    JSON, as everywhere on this socket; the channel is over
 * state    JSON: path and counters
 * ```
 * Who uses it: the server's and the client's half of a channel. Invariant: data is handed on as it comes, never
 * gathered; a frame of another type is gathered up to a bound.
 */
export const ControlFrame = { data: 0, end: 1, finished: 2, error: 3, state: 4 } as const;

const headBytes = 5;
/** An error, or a state. */
const textBytesMax = 64 * 1024;

export function frameHead(type: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head[0] = type;
  head.writeUInt32BE(length, 1);
  return head;
}

export function jsonFrame(type: number, value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([frameHead(type, body.length), body]);
}

export interface ControlFrameSink {
  data(bytes: Buffer): void;
  /** Any other frame, with what its JSON says. */
  said(type: number, value: unknown): void;
}

/** Cuts what a socket brings. */
export class ControlFrames {
  private readonly sink: ControlFrameSink;
  private head = Buffer.alloc(0);
  private text: Buffer[] = [];
  private type = -1;
  private left = 0;

  constructor(sink: ControlFrameSink) {
    this.sink = sink;
  }

  /** False when these are not such frames. */
  push(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length || (this.type >= 0 && this.left === 0)) {
      if (this.type < 0) {
        at = this.readHead(chunk, at);
        if (this.type < 0) continue;
        if (this.type > ControlFrame.state || (this.type !== ControlFrame.data && this.left > textBytesMax))
          return false;
      }
      const end = Math.min(chunk.length, at + this.left);
      const piece = chunk.subarray(at, end);
      this.left -= piece.length;
      at = end;
      if (this.type === ControlFrame.data) {
        if (piece.length > 0) this.sink.data(piece);
      } else this.text.push(piece);
      if (this.left === 0 && !this.whole()) return false;
    }
    return true;
  }

  private readHead(chunk: Buffer, at: number): number {
    const missing = headBytes - this.head.length;
    this.head = Buffer.concat([this.head, chunk.subarray(at, at + missing)]);
    if (this.head.length === headBytes) {
      this.type = this.head[0] as number;
      this.left = this.head.readUInt32BE(1);
      this.head = Buffer.alloc(0);
    }
    return Math.min(chunk.length, at + missing);
  }

  private whole(): boolean {
    const { type } = this;
    this.type = -1;
    if (type === ControlFrame.data) return true;
    const text = Buffer.concat(this.text.splice(0)).toString('utf8');
    try {
      this.sink.said(type, text === '' ? undefined : JSON.parse(text));
      return true;
    } catch {
      return false;
    }
  }
}
