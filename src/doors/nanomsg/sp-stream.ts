/**
 * One stream of the scalability protocols, as nanomsg and NNG speak them over TCP and IPC.
 *
 * ```
 * greeting, from both ends at once:  00 53 50 00  u16 protocol  00 00
 * then messages:                     [IPC: 01]  u64 length  body
 * ```
 * Who calls it: whoever holds a connection to a nanomsg program. Invariant: bytes in, whole messages out, whatever
 * the places at which they were cut; memory is taken only for what has come, and a stream that breaks a rule is over.
 */

import { readU32 } from '../../kernel/wire/bytes.ts';
import { spLimits } from './sp-limits.ts';

/** Their numbers on the wire. A PAIR talks to one PAIR, a BUS to every BUS it is connected to. */
export const SpProtocol = { pair: 0x10, bus: 0x70 } as const;
export type SpProtocol = (typeof SpProtocol)[keyof typeof SpProtocol];

export type SpTransport = 'tcp' | 'ipc';

export interface SpSink {
  /** The other end speaks what is spoken here. */
  greeted(): void;
  /** One whole message, its own memory. False: the stream is over, and no more is wanted. */
  message(body: Uint8Array): boolean;
}

export interface SpStreamOptions {
  readonly protocol: SpProtocol;
  readonly transport: SpTransport;
  /** Of one body. Default: `spLimits.spMessageBytesMax`. */
  readonly messageBytesMax?: number;
}

const greetingBytes = 8;
const lengthBytes = 8;
/** What IPC puts before each length: an ordinary message. */
const ipcOrdinary = 0x01;
const names: Readonly<Record<number, string>> = { [SpProtocol.pair]: 'PAIR', [SpProtocol.bus]: 'BUS' };

/** What each end says first. */
export function spGreeting(protocol: SpProtocol): Uint8Array {
  return Uint8Array.of(0x00, 0x53, 0x50, 0x00, protocol >>> 8, protocol & 0xff, 0x00, 0x00);
}

/** A whole message as it goes over the wire. */
export function spMessage(body: Uint8Array, transport: SpTransport): Uint8Array {
  const prefix = transport === 'ipc' ? 1 : 0;
  const bytes = new Uint8Array(prefix + lengthBytes + body.length);
  if (prefix === 1) bytes[0] = ipcOrdinary;
  new DataView(bytes.buffer).setBigUint64(prefix, BigInt(body.length));
  bytes.set(body, prefix + lengthBytes);
  return bytes;
}

type Awaited = 'greeting' | 'header' | 'body';

export class SpStream {
  private readonly sink: SpSink;
  private readonly protocol: SpProtocol;
  private readonly prefixBytes: number;
  private readonly messageBytesMax: number;
  private awaited: Awaited = 'greeting';
  /** What has come of it, and how much it takes in all. */
  private gathered: Uint8Array = new Uint8Array(greetingBytes);
  private filled = 0;
  private wanted = greetingBytes;
  private problem: string | undefined;

  constructor(sink: SpSink, { protocol, transport, messageBytesMax }: SpStreamOptions) {
    this.sink = sink;
    this.protocol = protocol;
    this.prefixBytes = transport === 'ipc' ? 1 : 0;
    this.messageBytesMax = messageBytesMax ?? spLimits.spMessageBytesMax;
  }

  /** What is wrong with the stream, or undefined. @param chunk Its memory is free again afterwards. */
  push(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (this.problem === undefined && (at < chunk.length || this.filled === this.wanted)) {
      at += this.fill(chunk, at);
      if (this.filled < this.wanted) break;
      if (!this.take()) break;
    }
    return this.problem;
  }

  private fill(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.wanted - this.filled, chunk.length - at);
    const needed = this.filled + count;
    if (needed > this.gathered.length) {
      // A length is only said: memory is for what comes.
      const larger = new Uint8Array(Math.min(this.wanted, Math.max(needed, 2 * this.gathered.length)));
      larger.set(this.gathered.subarray(0, this.filled));
      this.gathered = larger;
    }
    this.gathered.set(chunk.subarray(at, at + count), this.filled);
    this.filled = needed;
    return count;
  }

  /** What was waited for is there. False: the stream is over. */
  private take(): boolean {
    const { gathered, filled } = this;
    switch (this.awaited) {
      case 'greeting':
        this.problem = this.greetingProblem(gathered);
        this.await('header', this.prefixBytes + lengthBytes);
        if (this.problem === undefined) this.sink.greeted();
        break;
      case 'header':
        this.takeHeader(gathered);
        break;
      case 'body':
        this.await('header', this.prefixBytes + lengthBytes);
        if (!this.sink.message(gathered.length === filled ? gathered : gathered.slice(0, filled)))
          return false;
        break;
    }
    return this.problem === undefined;
  }

  private takeHeader(header: Uint8Array): void {
    const { prefixBytes } = this;
    if (prefixBytes === 1 && header[0] !== ipcOrdinary) {
      this.problem = `a message of type ${header[0]}, where only ordinary ones (1) are known`;
      return;
    }
    const length = readU32(header, prefixBytes) * 2 ** 32 + readU32(header, prefixBytes + 4);
    if (length > this.messageBytesMax) {
      this.problem = `a message of ${length} bytes is over the limit of ${this.messageBytesMax}`;
      return;
    }
    this.await('body', length);
  }

  private await(what: Awaited, bytes: number): void {
    this.awaited = what;
    this.wanted = bytes;
    this.filled = 0;
    this.gathered = new Uint8Array(Math.min(bytes, spLimits.spGatherBytes));
  }

  private greetingProblem(greeting: Uint8Array): string | undefined {
    const own = spGreeting(this.protocol);
    const theirs = ((greeting[4] as number) << 8) | (greeting[5] as number);
    const isSp = [0, 1, 2, 3, 6, 7].every((at) => greeting[at] === own[at]);
    if (!isSp) return 'it does not greet as nanomsg does (NUL S P 0, protocol, 0 0)';
    if (theirs === this.protocol) return undefined;
    const name = names[theirs] ?? 'another protocol';
    return `it speaks ${name} (${theirs}), and ${names[this.protocol]} (${this.protocol}) is spoken here`;
  }
}
