/**
 * A duplex operation at the client's end of a session: a `Duplex` of bytes to the node and back.
 *
 * Made by the session. Invariant: no more bytes wait here than this side has said there is room for; `finish` means that
 * the node has passed on all; whichever side ends first without an end, the other is told.
 */
import { Duplex } from 'node:stream';
import type { SessionDuplex } from '../../kit/session.ts';
import { controlLimits } from '../limits.ts';

export interface ClientDuplexPorts {
  readonly data: (bytes: Uint8Array) => void;
  readonly end: () => void;
  readonly credit: (count: number) => void;
  /** This side gives it up, or has done with it. */
  readonly closed: (isGivenUp: boolean) => void;
}

const bufferedBytes = 64 * 1024;

export class ClientDuplex extends Duplex implements SessionDuplex {
  readonly opened: Promise<void>;
  state: unknown;
  private readonly ports: ClientDuplexPorts;
  /** To the node. */
  private room = 0;
  /** Read by the program since the last credit. */
  private owed = 0;
  private isOpen = false;
  private hasEnded = false;
  private isFinished = false;
  private hasRoom: (() => void) | undefined;
  private finishing: ((error?: Error | null) => void) | undefined;
  private open!: () => void;
  private refuse!: (error: Error) => void;

  constructor(ports: ClientDuplexPorts) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: bufferedBytes,
      writableHighWaterMark: bufferedBytes,
    });
    this.ports = ports;
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.refuse = reject;
    });
    // A program that only reads and writes learns of a failure from the stream.
    this.opened.catch(() => {});
  }

  // ── from the session ──────────────────────────────────────────────────────────────────────────────

  hasOpened(credit: number): void {
    this.isOpen = true;
    this.open();
    this.credited(credit);
  }

  credited(count: number): void {
    this.room += count;
    const { hasRoom } = this;
    this.hasRoom = undefined;
    hasRoom?.();
  }

  data(bytes: Uint8Array): void {
    if (this.destroyed) return;
    this.owed += bytes.length;
    if (this.push(bytes)) this.payBack();
  }

  ended(): void {
    this.hasEnded = true;
    this.push(null);
  }

  finished(): void {
    this.isFinished = true;
    this.finishing?.();
  }

  over(error: Error | undefined): void {
    this.refuse(error ?? new Error('it is over'));
    const isWhole = this.hasEnded && this.isFinished;
    // What has come and is not read stays readable after a good end.
    if (error !== undefined || !isWhole) this.destroy(error);
  }

  // ── of Duplex ─────────────────────────────────────────────────────────────────────────────────────

  override _construct(done: (error?: Error | null) => void): void {
    // What is written before the other end has accepted waits for that.
    this.opened.then(() => done(), done);
  }

  override _read(): void {
    this.payBack();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.writeFrom(chunk, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.ports.end();
    if (this.isFinished) done();
    else this.finishing = done;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isWhole = this.hasEnded && this.isFinished;
    this.refuse(error ?? new Error('it was given up'));
    this.ports.closed(!isWhole);
    done(error);
  }

  private writeFrom(chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
    let at = from;
    while (at < chunk.length && this.room > 0) {
      const to = Math.min(chunk.length, at + Math.min(this.room, bufferedBytes));
      this.ports.data(chunk.subarray(at, to));
      this.room -= to - at;
      at = to;
    }
    if (at === chunk.length) return done();
    this.hasRoom = () => this.writeFrom(chunk, at, done);
  }

  private payBack(): void {
    if (this.owed < controlLimits.duplexCredit / 4 || !this.isOpen) return;
    this.ports.credit(this.owed);
    this.owed = 0;
  }
}
